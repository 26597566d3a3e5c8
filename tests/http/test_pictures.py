"""Accept: image/svg+xml on /density, /efficiency and /inequality: pictures for reports. What they draw is what the JSON says."""

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
READS = [DENSITY, contract_session.EFFICIENCY, contract_session.INEQUALITY]
BODIES = [("/density", contract_session.SAMPLE), ("/efficiency", contract_session.UNITS), ("/inequality", contract_session.PARTS)]
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
    return root


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


def test_names_are_text(service):
    """Whatever a province or a unit is called, the picture is well-formed and says it."""
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


def test_models_without_a_picture(service):
    """Never JSON under the name of a picture."""
    refused = problem(ask(service, contract_session.EFFICIENCY + "&model=super&orientation=output"), 406, "not_acceptable")
    assert "application/json" in refused["detail"] and refused["representations"] == ["application/json", "text/csv"]
    assert problem(draw(service, "/efficiency", {**contract_session.UNITS, "model": "super"}), 406, "not_acceptable")
