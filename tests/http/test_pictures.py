"""Accept: image/svg+xml on /density, /efficiency, /efficiency/malmquist and /inequality: pictures for reports. What they draw is what the JSON says."""

import os
import re
import tempfile
import xml.etree.ElementTree

import pytest

import contract_session
from conftest import Server
from world import problem

SVG = "image/svg+xml"
SPACE = "{http://www.w3.org/2000/svg}"
DENSITY = "/density?indicator=health_personnel_all_per_10k&years=2010,2014,2018&by=belt&relative_to=mean"
READS = [DENSITY, contract_session.EFFICIENCY, contract_session.MALMQUIST, contract_session.INEQUALITY]
BODIES = [("/density", contract_session.SAMPLE), ("/density", contract_session.SPREAD), ("/efficiency", contract_session.UNITS), ("/efficiency/malmquist", contract_session.PANEL),
          ("/inequality", contract_session.PARTS)]
# Everything that a picture has; nothing of it runs, styles by a sheet or fetches.
ELEMENTS = {"svg", "title", "desc", "g", "text", "line", "rect", "circle", "polygon", "path"}


@pytest.fixture(scope="module")
def service():
    """One of its own: the figures and names of the shared one may have been changed by other tests."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        yield started
        assert started.stop() == 0


def look(reply):
    """The picture as a tree."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == SVG and "default-src 'none'" in reply.headers["Content-Security-Policy"]
    root = xml.etree.ElementTree.fromstring(reply.content)
    width, height = float(root.get("width")), float(root.get("height"))
    assert root.tag == SPACE + "svg" and root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}" and root.get("role") == "img"
    assert 200 < width < 1200 and 100 < height < 3000
    ids = {element.get("id"): element for element in root.iter() if element.get("id")}
    assert [bool(ids[name].text) for name in root.get("aria-labelledby").split()] == [True, True]
    for element in root.iter():
        assert element.tag.removeprefix(SPACE) in ELEMENTS
        assert not [name for name in element.keys() if name.startswith("on") or "href" in name or name in ("style", "class")]
        places = [(element.get(x), element.get(y)) for x, y in (("x", "y"), ("x1", "y1"), ("x2", "y2"), ("cx", "cy")) if element.get(x)]
        for x, y in places + points(element):
            assert -1 <= float(x) <= width + 1 and -1 <= float(y) <= height + 1, xml.etree.ElementTree.tostring(element)
    boxes = [(box(text), text.text) for text in root.iter(SPACE + "text")]
    for i, (one, said) in enumerate(boxes):
        assert one[0] >= 0 and one[2] <= width + 4, said
        assert not [other for place, other in boxes[:i] if one[0] < place[2] and place[0] < one[2] and one[1] < place[3] and place[1] < one[3]], said
    return root


def box(text):
    """Left, top, right and bottom of a text, about: letters as wide as Helvetica's are, capitals' height."""
    size, x, y = (float(text.get(name)) for name in ("font-size", "x", "y"))
    width = size * sum(0.26 if c in "ilj.,:;|'!() " else 0.98 if ord(c) > 0x2e80 else 0.7 if c.isupper() else 0.53 for c in text.text)
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor", "start")]
    if not text.get("transform"):
        return left, y - size * 0.7, left + width, y
    assert text.get("text-anchor") == "middle" and text.get("transform").startswith("rotate(-90 ")
    return x - size * 0.7, y - width / 2, x, y + width / 2


def points(element):
    return re.findall(r"[ML](\S+) (\S+?)(?=[ML]|$)", element.get("d") or "")


def ask(service, path, **headers):
    return service.get(path, headers={"Accept": SVG, **headers})


def draw(service, path, body):
    return service.request("POST", path, json=body, headers={"Accept": SVG})


def texts(root):
    return [element.text for element in root.iter(SPACE + "text")]


def paths(root):
    return [element for element in root.iter(SPACE + "path")]


@pytest.mark.parametrize("path", READS)
def test_a_representation_like_others(service, path):
    picture, again = ask(service, path), ask(service, path)
    look(picture)
    assert picture.content == again.content and picture.headers["ETag"] == again.headers["ETag"]
    assert "Accept" in picture.headers["Vary"].split(", ") and picture.headers["Cache-Control"] == "no-cache"
    assert service.get(path).headers["Content-Type"] == "application/json", "JSON is what who names nothing gets"
    assert service.get(path).headers["ETag"] != picture.headers["ETag"]
    assert ask(service, path, **{"If-None-Match": picture.headers["ETag"]}).status_code == 304
    assert service.get(path, headers={"If-None-Match": picture.headers["ETag"]}).status_code == 200
    assert ask(service, path, **{"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    head = service.request("HEAD", path, headers={"Accept": SVG})
    assert head.headers["ETag"] == picture.headers["ETag"] and head.content == b""
    refused = problem(service.get(path, headers={"Accept": "image/png"}), 406, "not_acceptable")
    assert refused["representations"] == ["application/json", "text/csv", SVG]
    assert service.get(path, headers={"Accept": "image/webp,image/*;q=0.8,*/*;q=0.5"}).headers["Content-Type"] == SVG


@pytest.mark.parametrize("path, body", BODIES)
def test_own_numbers(service, path, body):
    picture = draw(service, path, body)
    look(picture)
    assert picture.content == draw(service, path, body).content and "ETag" not in picture.headers
    refused = service.request("POST", path, json={}, headers={"Accept": SVG})
    assert refused.status_code == 422 and refused.headers["Content-Type"] == "application/problem+json"
    assert problem(service.request("POST", path, json=body, headers={"Accept": "image/png"}), 406, "not_acceptable")["representations"][-1] == SVG


def test_density(service):
    root, answer = look(ask(service, DENSITY)), service.get(DENSITY).json()
    assert root.find(SPACE + "title").text == "All health personnel per 10,000 people"
    described = root.find(SPACE + "desc").text
    curves = paths(root)
    assert len(curves) == len(answer["series"]) == 9
    assert len({curve.get("stroke") for curve in curves}) == 3 == len({curve.get("stroke-dasharray") for curve in curves})
    tallest = max(max(series["density"]) for series in answer["series"])
    for curve, series in zip(curves, answer["series"]):
        drawn = [(float(x), float(y)) for x, y in points(curve)]
        assert len(drawn) == len(series["density"])
        low = max(y for _, y in drawn)
        scale = [(low - y) / density for (_, y), density in zip(drawn, series["density"]) if density > tallest / 3]
        assert max(scale) == pytest.approx(min(scale), rel=0.01), "heights are the densities, on one scale"
        assert f"{series['group']} {series['year']}: {series['peak_count']} peak" in described
    marks = [group.find(SPACE + "title").text for group in root.iter(SPACE + "g") if group.find(SPACE + "title") is not None]
    assert len(marks) == 3 * 31 and sum(mark.startswith("CN-HB: ") for mark in marks) == 3
    assert len(list(root.iter(SPACE + "circle"))) == sum(series["peak_count"] for series in answer["series"])
    assert {"Western (10 provinces)", "2010", "2014", "2018", "multiple of the provinces' mean", "density"} <= set(texts(root))


def test_efficiency(service):
    root, answer = look(ask(service, contract_session.EFFICIENCY)), service.get(contract_session.EFFICIENCY).json()
    order = sorted(answer["results"], key=lambda unit: (-unit["crste"], -unit["vrste"]))
    names = [text for text in texts(root) if text in {unit["name"] for unit in order}]
    assert names == [unit["name"] for unit in order]
    assert [f"{unit['scale']:.3f}" for unit in order] == [text for text in texts(root) if re.fullmatch(r"[01]\.\d{3}", text)]
    left = min(float(line.get("x1")) for line in root.iter(SPACE + "line") if line.get("y1") == line.get("y2"))
    dots = [float(dot.get("cx")) for dot in root.iter(SPACE + "circle")][1:]  # the first is the legend's
    right = dots[0]  # the best province, on the frontier
    assert order[0]["crste"] == 1
    for dot, unit in zip(dots, order):
        assert (dot - left) / (right - left) == pytest.approx(unit["crste"], abs=0.01)
    assert f"crste, mean {answer['summary']['mean']['crste']:.3f}" in texts(root)


def test_lorenz(service):
    root, answer = look(ask(service, contract_session.INEQUALITY)), service.get(contract_session.INEQUALITY).json()
    assert len(paths(root)) == len(answer["series"]) == 12
    for curve, series in zip(paths(root), answer["series"]):
        drawn = [(float(x), float(y)) for x, y in points(curve)]
        (x0, y0), (x1, y1) = drawn[0], drawn[-1]
        assert [[(x - x0) / (x1 - x0), (y - y0) / (y1 - y0)] for x, y in drawn] == [
            pytest.approx([corner["population"], corner["share"]], abs=1e-4) for corner in series["lorenz"]]
        assert f"{series['year']}: Gini {series['gini']:.4f}" in texts(root)


def test_extremes(service):
    """Nothing that is computed cannot be drawn."""
    for body in ({"values": [1, 2]}, {"values": [1e15, -1e15]}, {"values": [1e-300, 2e-300], "bandwidth": 1e-100}, {"values": [5], "bandwidth": 1},
                 {"values": [0, 1e-12], "points": 8192}, {"values": list(range(5000)), "points": 16}, {"values": [1, 2], "from": 10, "to": 11}):
        look(draw(service, "/density", body))
    for body in ({"values": [0], "bandwidth": 1e-100, "from": -1, "to": 1, "points": 16}, {"values": [0], "bandwidth": 1e-64, "from": -1, "to": 1},
                 {"values": [1e-200, 1e9], "bandwidth": 1}):  # peaks between two points of the grid, as high as they like
        assert b"\0" not in draw(service, "/density", body).content
        look(draw(service, "/density", body))
    assert "infe" not in draw(service, "/density", {"values": [5e-324], "bandwidth": 1}).text
    for values in ([0], [0, 0], [-1, 2], [7], [1e-300, 1e15], list(range(5000))):
        look(draw(service, "/inequality", {"values": values, "groups": [str(i % 7) for i in range(len(values))]}))
    units = [{"id": f"U{i}", "x": i % 17, "y": i % 13} for i in range(500)]
    for dmus in (units[:2], units[:40], units):
        look(draw(service, "/efficiency", {"inputs": ["x"], "outputs": ["y"], "dmus": dmus}))
    look(ask(service, "/density?indicator=beds&years=2014,2015,2016,2017,2018,2019,2020,2021,2022,2023&by=belt"))
    look(ask(service, "/inequality?indicator=beds&years=2014,2015,2016,2017,2018,2019,2020,2021,2022,2023"))
    assert ask(service, contract_session.EFFICIENCY + "&fields=dmu").content == ask(service, contract_session.EFFICIENCY).content


def group_of(root, name):
    """The marks of a unit's row."""
    [found] = [group for group in root.iter(SPACE + "g") if (group.findtext(SPACE + "title") or "").startswith(f"{name}: ")]
    return found


def middle(mark):
    """Where a mark stands, and which shape it has."""
    if mark.tag == SPACE + "circle":
        return "circle", float(mark.get("cx"))
    if mark.tag == SPACE + "rect":
        return "square", float(mark.get("x")) + float(mark.get("width")) / 2
    return "diamond", float(mark.get("points").split(" ")[0].split(",")[0])


def marks_of(root, name):
    return dict(middle(mark) for mark in group_of(root, name) if mark.tag.removeprefix(SPACE) in ("circle", "rect", "polygon"))


def is_linear(pairs):
    """Whether places are values on one axis, to a hundredth of it."""
    (x0, v0), (x1, v1) = min(pairs, key=lambda pair: pair[1]), max(pairs, key=lambda pair: pair[1])
    assert v1 > v0
    return all(abs((x - x0) / (x1 - x0) - (value - v0) / (v1 - v0)) < 0.002 for x, value in pairs)


MODELS = {"super": ["score"], "sbm": ["score"], "additive": ["score"], "directional": ["score"], "cross": ["score", "own"],
          "cost&prices=2,1": ["score", "technical", "allocative"], "radial&fixed=institutions_per_10k": ["score"],
          "additive&slacks=two-stage-normalised": ["score"]}


@pytest.mark.parametrize("model", MODELS)
def test_models(service, model):
    """Marks are the scores and their parts, each with a shape of its own, the best first; who has none says why."""
    path = f"{contract_session.EFFICIENCY}&model={model}"
    root, results = look(ask(service, path)), service.get(path).json()["results"]
    scored = [unit for unit in results if unit["status"] == "scored"]
    pairs = []
    for unit in scored:
        marks = marks_of(root, unit["name"])
        assert list(sorted(marks)) == sorted(["circle", "diamond", "square"][:len(MODELS[model])])
        pairs += [(marks[shape], unit[part]) for shape, part in zip(("circle", "diamond", "square"), MODELS[model])]
    assert is_linear(pairs)
    sign = 1 if model.startswith(("additive", "directional")) else -1
    order = sorted(scored, key=lambda unit: sign * unit["score"]) + [unit for unit in results if unit["status"] != "scored"]
    assert [text for text in texts(root) if text in {unit["name"] for unit in order}] == [unit["name"] for unit in order]
    assert len([text for text in texts(root) if text.startswith("infeasible")]) == sum(unit["status"] == "infeasible" for unit in results)
    assert (model == "super") == any(unit["status"] == "infeasible" for unit in results)
    described = root.findtext(SPACE + "desc")
    assert all(f" {unit['name']}: " in described for unit in results)


@pytest.mark.parametrize("frontier, name", [("vrs", "vrste"), ("crs", "crste"), ("ndrs", "ndrste")])
def test_intervals(service, frontier, name):
    path = contract_session.EFFICIENCY + f"&bootstrap=100&frontier={frontier}"
    root, results = look(ask(service, path)), service.get(path).json()["results"]
    pairs = []
    for unit in results:
        marks, bars = marks_of(root, unit["name"]), [line for line in group_of(root, unit["name"]) if line.tag == SPACE + "line"]
        assert len(bars) == 3 and sorted(marks) == ["circle", "diamond"]
        pairs += [(marks["circle"], unit[name]), (marks["diamond"], unit["bootstrap"]["corrected"]),
                  (float(bars[0].get("x1")), unit["bootstrap"]["low"]), (float(bars[0].get("x2")), unit["bootstrap"]["high"])]
    assert is_linear(pairs)
    assert {"interval of 95 %", name} <= set(texts(root))


def test_productivity(service):
    path = "/efficiency/malmquist?years=2014,2016,2018,2020&inputs=beds&outputs=health_personnel_all"
    root, summary = look(ask(service, path)), service.get(path).json()["summary"]
    names = {province["code"]: province["name"]["en"] for province in service.get("/provinces?limit=100").json()["items"]}
    marks = {unit["dmu"]: marks_of(root, names[unit["dmu"]]) for unit in summary["dmus"]}
    shapes = [("circle", "tfpch"), ("diamond", "effch"), ("square", "techch")]
    assert is_linear([(marks[unit["dmu"]][shape], unit[index]) for unit in summary["dmus"] for shape, index in shapes])
    lines = paths(root)
    assert len(lines) == 3 == len({line.get("stroke-dasharray") for line in lines})
    heights = [(float(y), step["mean"][index]) for line, (_, index) in zip(lines[::-1], shapes)
               for (_, y), step in zip(points(line), summary["periods"], strict=True)]
    assert is_linear(heights)
    assert {"2014-2016", "2016-2018", "2018-2020", "All units, step by step"} <= set(texts(root))
    assert "All units, step by step" not in texts(look(ask(service, contract_session.MALMQUIST))), "of one step there is nothing to draw"


# What stays as it is in Chinese pictures: members of answers and values of parameters.
CODES = set("""crste vrste scale rts irs crs drs nirs ndrs score efficient strong weak no sum distance cross own maverick technical allocative cost eff corrected low
            high tfpch effch techch super sbm additive directional radial benevolent gaussian silverman Malmquist vrs CN""".split())
ASKED = [*READS, "/density?indicator=beds&years=2015", "/density?indicator=beds&years=2015&relative_to=population&weights=population_year_end",
         "/inequality?indicator=beds&years=2015", "/inequality?indicator=health_personnel_all&per=population_year_end&years=2010,2018", contract_session.EFFICIENCY + "&bootstrap=100&orientation=input",
         "/efficiency/malmquist?years=2014,2016,2018&inputs=beds&outputs=health_personnel_all",
         *(f"{contract_session.EFFICIENCY}&model={model}" for model in MODELS)]


def shapes(root):
    """All that is drawn but for texts and what is beside them in legends."""
    return [(element.tag, element.get("d")) for element in paths(root)], len(list(root.iter(SPACE + "circle"))), len(list(root.iter(SPACE + "polygon")))


@pytest.mark.parametrize("path", ASKED)
def test_in_chinese(service, path):
    """The same drawing, its words in Chinese, whole and beside each other; each language has an ETag of its own."""
    names = [name["zh"] for kind in ("provinces", "indicators") for name in (item["name"] for item in service.get(f"/{kind}?limit=100").json()["items"])]
    english = ask(service, path)
    for _ in range(2):  # the second comes from the cache
        chinese = ask(service, path, **{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
        assert (english.headers["Content-Language"], chinese.headers["Content-Language"]) == ("en", "zh")
        assert "Accept-Language" in chinese.headers["Vary"].split(", ") and chinese.headers["ETag"] != english.headers["ETag"]
        root = look(chinese)
        assert shapes(root) == shapes(look(english))
        told = [*texts(root), *(element.text for name in ("title", "desc") for element in root.iter(SPACE + name))]
        assert len(texts(root)) == pytest.approx(len(texts(look(english))), abs=1)
        assert not {word for text in told for word in re.findall("[A-Za-z]{2,}", text)} - CODES - set("AH BJ CQ FJ GD GS GX GZ HA HB HE HI HL HN JL JS JX LN NM NX QH SC SD SH SN SX TJ XJ XZ YN ZJ".split())
        assert any(name in text for name in names for text in texts(root))
    assert ask(service, path, **{"Accept-Language": "en"}).content == english.content


def test_own_units_in_chinese(service):
    """What callers chose is not translated, and long names end where the picture does."""
    dmus = [{"id": name, "x": 1 + i, "y": 2 + i % 2} for i, name in enumerate(["W" * 40, "Western", "All", "density"])]
    reply = service.request("POST", "/efficiency", json={"inputs": ["x"], "outputs": ["y"], "dmus": dmus}, headers={"Accept": SVG, "Accept-Language": "zh"})
    root = look(reply)
    assert {"Western", "All", "density", "投入：x", "产出：y", "4 个单元的效率"} <= set(texts(root)) and any(re.fullmatch("W{10,}…", text) for text in texts(root))
    reply = service.request("POST", "/inequality", json={"values": [1, 2, 3], "groups": ["Western", "Western", "东"]}, headers={"Accept": SVG, "Accept-Language": "zh"})
    assert [text for text in texts(look(reply)) if "值）" in text] == ["全部（3 个值）", "Western（2 个值）", "东（1 个值）"]


def test_many_units(service):
    """By rank; lines differ in their dashes."""
    dmus = [{"id": f"U{i}", "x": 1 + i % 17, "y": 1 + i % 13} for i in range(150)]
    for model, lines in (("radial", 2), ("super", 1), ("additive", 1), ("cross", 2)):
        root = look(draw(service, "/efficiency", {"model": model, "inputs": ["x"], "outputs": ["y"], "dmus": dmus}))
        assert len(paths(root)) == lines == len({line.get("stroke-dasharray") for line in paths(root)})
    panel = [{**unit, "period": period, "y": unit["y"] + period} for unit in dmus for period in (1, 2)]
    assert len(paths(look(draw(service, "/efficiency/malmquist", {"inputs": ["x"], "outputs": ["y"], "dmus": panel})))) == 3


def test_extreme_scores(service):
    """Sums of slacks of any size, none at all, changes that are not defined."""
    for scale in (1e-200, 1e-6, 1, 1e6, 1e12):
        dmus = [{"id": f"{'W' * 30}{i}", "x": scale * (1 + i % 5), "y": scale * (i % 3)} for i in range(9)]
        for model in ("additive", "super", "directional", "sbm"):
            look(draw(service, "/efficiency", {"model": model, "inputs": ["x"], "outputs": ["y"], "dmus": dmus}))
            look(draw(service, "/efficiency", {"model": model, "inputs": ["x"], "outputs": ["y"], "dmus": dmus[:1]}))
    years = [{"id": "A", "period": year, "x": 1 + year % 3, "y": year % 2} for year in range(1, 40)]
    look(draw(service, "/efficiency/malmquist", {"inputs": ["x"], "outputs": ["y"], "dmus": years}))


def test_names_are_text(service):
    """Whatever a province or a unit is called, the picture is well-formed and says it. The last test: a province has another name after it."""
    name = "<script>alert(1)</script> & \"O'Hara\" ]]>"
    province = service.get("/provinces/CN-HB").json()
    before = ask(service, contract_session.EFFICIENCY)
    body = {key: province[key] for key in ("gb_code", "belt", "capital", "lat", "lon")}
    reply = service.put("/provinces/CN-HB", {**body, "name": {"en": name, "zh": "湖北"}}, headers={"If-Match": service.get("/provinces/CN-HB").headers["ETag"]})
    assert reply.status_code == 200, reply.text
    after = ask(service, contract_session.EFFICIENCY)
    assert any(text.startswith("<script>alert(1)</scrip") and text.endswith("…") for text in texts(look(after)))
    assert f"{name}:" in after.text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert after.headers["ETag"] != before.headers["ETag"]
    groups = ["\u0001<&", "湖北" * 10]
    root = look(draw(service, "/inequality", {"values": [1, 2, 3, 4], "groups": [groups[0], groups[0], groups[1], groups[1]]}))
    assert [text for text in texts(root) if "values" in text and "(" in text] == ["All (4 values)", " <& (2 values)", f"{groups[1]} (2 values)"]
