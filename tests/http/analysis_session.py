"""The part of the contract's session (contract_session.py) about the analyses."""

import jobs_session

EFFICIENCY = ("/efficiency?year=2011&inputs=institutions_per_10k,health_personnel_all_per_10k"
              "&outputs=hospital_visits,hospital_admissions&by=belt")
DENSITY = ("/density?indicator=health_personnel_all_per_10k&years=2010,2014,2018&by=belt"
           "&relative_to=mean&points=16")
INEQUALITY = "/inequality?indicator=health_personnel_all_per_10k&years=2010,2014,2018&by=belt"
MALMQUIST = ("/efficiency/malmquist?years=2014,2018&inputs=institutions_per_10k,health_personnel_all_per_10k"
             "&outputs=beds_per_10k&by=belt&distances=true")
PANEL = {"inputs": ["staff"], "outputs": ["visits"],
         "dmus": [{"id": "A", "group": "north", "period": 1, "staff": 2, "visits": 1}, {"id": "B", "group": "south", "period": 1, "staff": 4, "visits": 3},
                  {"id": "A", "group": "north", "period": 2, "staff": 2, "visits": 2}, {"id": "B", "period": 2, "staff": 4, "visits": 4},
                  {"id": "C", "period": 2, "staff": 5, "visits": 3}]}
MODELS = ["model=super", "model=sbm&undesirable=hospital_visits", "model=additive", "model=directional&orientation=input", "model=cross&goal=aggressive",
          "model=cost&prices=1,2", "fixed=institutions_per_10k", "restrictions=institutions_per_10k/health_personnel_all_per_10k:0.5:2", "outliers=true", "weights=true", "model=cost"]
UNITS = {"inputs": ["staff"], "outputs": ["visits"],
         "dmus": [{"id": "A", "staff": 2, "visits": 1, "group": "north"},
                  {"id": "B", "staff": 3, "visits": 4, "group": "north"},
                  {"id": "C", "staff": 5, "visits": 5, "group": "south"}]}
PARTS = {"values": [3.1, 2.7, 4.4, 3.9, 3.3, 8.2], "weights": [1, 1, 2, 1, 1, 0.5], "groups": ["north", "north", "north", "south", "south", "south"]}
YEARS = {"years": [2014, 2018], "states": 2, "units": [
    {"id": "A", "group": "north", "values": [3.1, 4.2], "weight": 2}, {"id": "B", "group": "north", "values": [2.7, None], "weight": 1},
    {"id": "C", "group": "south", "values": [4.4, 3.9], "weights": [1, 3]}]}
SPREAD = {"years": [2014, 2018], "points": 16, "units": [
    {"id": "A", "group": "north", "values": [3.1, 4.2]}, {"id": "B", "group": "north", "values": [2.7, 2.9]}, {"id": "C", "group": "north", "values": [4.4, None]},
    {"id": "D", "group": "south", "values": [3.9, 3.3]}, {"id": "E", "group": "south", "values": [8.2, 7.1]}]}
SAMPLE = {"values": [3.1, 2.7, 4.4, 3.9, 3.3, 8.2], "weights": [1, 1, 2, 1, 1, 0.5], "points": 16}


def play_jobs(p):
    questions = [("GET", EFFICIENCY.replace("by=belt", "slacks=none"), None), ("GET", MALMQUIST.replace("2018", "2017"), None),
                 ("GET", DENSITY.replace("2014", "2015"), None),
                 ("GET", INEQUALITY.replace("2014", "2015"), None), ("POST", "/inequality", PARTS),
                 ("POST", "/efficiency", UNITS), ("POST", "/efficiency/malmquist", PANEL), ("POST", "/density", SAMPLE)]
    jobs_session.play(p, questions, PANEL, p.auditor)


def play(p):
    p.get_twice("efficiency", EFFICIENCY)
    p.get("efficiency of no year", EFFICIENCY.replace("2011", "1999"))
    p.get("efficiency of nothing", EFFICIENCY.replace("hospital_visits", "hospital_vists"))
    p.get("efficiency wrong query", "/efficiency?year=x&slack=none")
    p.get("efficiency wrong token", EFFICIENCY, token="nobody")
    for number, more in enumerate(MODELS):
        p.get(f"efficiency of model {number}", f"{EFFICIENCY}&{more}")
    p.get("efficiency with intervals", EFFICIENCY + "&bootstrap=100&seed=7&level=0.9")
    p.get("efficiency with intervals of another model", EFFICIENCY + "&bootstrap=100&frontier=fdh")
    p.get("efficiency with intervals of non-increasing returns", EFFICIENCY + "&bootstrap=100&frontier=nirs")
    p.get("efficiency with a level alone", EFFICIENCY + "&level=2")
    p.get_twice("malmquist", MALMQUIST)
    p.get("malmquist alone", MALMQUIST.replace("&by=belt&distances=true", ""))
    p.get("malmquist of no year", MALMQUIST.replace("2014", "1999"))
    p.get("malmquist of one year", MALMQUIST.replace("2014,", ""))
    p.get("malmquist wrong token", MALMQUIST, token="nobody")
    p.get_twice("density", DENSITY)
    p.get("density of no year", DENSITY.replace("2014", "1999"))
    p.get("density by number", "/density?indicator=beds&years=2023&bandwidth=20000&kernel=epanechnikov&convention=half-width&points=16")
    p.get("density of people", DENSITY + "&weights=population_year_end&tests=permutation")
    p.get("density by no weights", DENSITY + "&weights=people")
    p.get("density wrong query", "/density?indicator=beds&years=2023&kernel=gauss&cut=-1")
    p.get("density wrong token", DENSITY, token="nobody")
    p.get_twice("inequality", INEQUALITY)
    p.get("inequality per people", "/inequality?indicator=beds&years=2023&per=population_year_end&relative_to=population&epsilon=2&alpha=1&bounds=0.8,1,1.2")
    p.get("inequality of nothing", "/inequality?indicator=ambulances&years=2023")
    p.get("inequality of no year", INEQUALITY.replace("2014", "1999"))
    p.get("inequality wrong query", "/inequality?indicator=beds&years=2023&per=bed&bounds=2,1&states=3")
    p.get("inequality wrong token", INEQUALITY, token="nobody")
    for name, path in [("efficiency", EFFICIENCY), ("malmquist", MALMQUIST), ("density", DENSITY), ("inequality", INEQUALITY)]:
        p.get_twice(f"{name} as a picture", path, Accept="image/svg+xml")
    for name, path, body in [("units", "/efficiency", UNITS), ("panel", "/efficiency/malmquist", PANEL), ("sample", "/density", SAMPLE), ("spread", "/density", SPREAD), ("parts", "/inequality", PARTS), ("years", "/inequality", YEARS)]:
        p.ask(name, "POST", path, body)
        p.ask(f"{name} as a picture", "POST", path, body, Accept="image/svg+xml")
        p.ask(f"{name} wrong", "POST", path, {"values": ["x"], "dmus": []})
        p.ask(f"{name} not JSON", "POST", path, b"{,}", Content_Type="application/json")
        p.ask(f"{name} as text", "POST", path, b"x", Content_Type="text/plain")
        p.ask(f"{name} wrong token", "POST", path, body, token="nobody")
    play_jobs(p)
    p.ask("units without group", "POST", "/efficiency", {**UNITS, "orientation": "input", "slacks": "none", "dmus": [
        {key: value for key, value in unit.items() if key != "group"} for unit in UNITS["dmus"]] + [
            {"id": "idle", "staff": 0, "visits": 0}]})
    p.ask("units with intervals", "POST", "/efficiency", {**UNITS, "bootstrap": 100, "seed": 7})
    p.ask("units with too few replications", "POST", "/efficiency", {**UNITS, "bootstrap": 1, "seed": -1, "level": 0})
    p.ask("panel with distances", "POST", "/efficiency/malmquist", {**PANEL, "orientation": "input", "distances": True})
    p.ask("units by cost", "POST", "/efficiency", {**UNITS, "model": "cost", "prices": [2]})
    p.ask("units by costs of their own", "POST", "/efficiency", {**UNITS, "model": "cost", "prices": ["wage"], "dmus": [
        {**unit, "wage": 3} for unit in UNITS["dmus"]]})
    p.ask("units by cost without prices", "POST", "/efficiency", {**UNITS, "model": "cost"})
    p.ask("sample of one value", "POST", "/density", {"values": [1]})
    p.ask("spread of one value in a year", "POST", "/density", {**SPREAD, "units": SPREAD["units"][:4]})
    p.ask("spread by weights", "POST", "/density", {**SPREAD, "relative_to": "mean", "units": [{**unit, "weight": 2} for unit in SPREAD["units"]]})
    p.ask("parts with zeros", "POST", "/inequality", {"values": [0, 0, 3], "groups": ["a", "b", "b"], "weights": [0, 1, 1], "epsilon": 1, "alpha": 1.6})
    p.ask("parts below zero", "POST", "/inequality", {"values": [-1, 2, 5]})
