"""Writes the contract as a web page: tools/docs_page.py openapi.json > docs.html

One file that loads nothing and runs nothing, so that the service can show it under the strictest policy.
Standard library only. The build calls it; GET /docs shows what it writes.
"""

import html
import json
import re
import sys

METHODS = ("get", "put", "post", "delete")
DEPTH_MAX = 3  # of members within members; deeper ones are named by their schema
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --get: #0a7d4b; --put: #9a6700; --post: #0b5fbd; --delete: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: 13px; }
nav ul { list-style: none; margin: .2rem 0 1rem; padding: 0; } nav a { display: block; padding: .1rem .3rem; overflow-wrap: anywhere; }
main { padding: 1rem 2rem 6rem; max-width: 62rem; }
a { color: inherit; text-decoration-color: var(--line); } a:hover { text-decoration-color: currentColor; }
h1 { margin: .2rem 0; } h2 { margin: 3rem 0 .5rem; border-bottom: 1px solid var(--line); }
section { margin: 1.5rem 0; padding-top: .5rem; } h3 { font: 600 15px/1.4 ui-monospace, monospace; margin: 0; overflow-wrap: anywhere; }
b.method { display: inline-block; min-width: 3.6rem; font: 700 12px ui-monospace, monospace; }
.get { color: var(--get); } .put { color: var(--put); } .post { color: var(--post); } .delete { color: var(--delete); }
@media (prefers-color-scheme: dark) { :root { --get: #4cc38a; --put: #e0a526; --post: #6cb2ff; --delete: #ff8f87; } }
code, pre { font: 13px/1.5 ui-monospace, monospace; background: var(--soft); border-radius: 3px; } code { padding: .05rem .25rem; }
pre { padding: .6rem .8rem; overflow: auto; max-height: 24rem; } pre code { padding: 0; background: none; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 .8rem; } th { text-align: left; font-weight: 600; }
td, th { vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; } td p { margin: 0; } summary { cursor: pointer; } details { margin: .3rem 0; }
.note { opacity: .75; font-size: 13px; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } td:first-child { white-space: normal; } }
"""


def inline(text):
    """`code`, **strong** and [links](to), in text that is escaped first."""
    text = html.escape(text, quote=False)
    parts = re.split(r"(`[^`]+`)", text)
    for i, part in enumerate(parts):
        if part.startswith("`") and len(part) > 2:
            parts[i] = f"<code>{part[1:-1]}</code>"
        else:
            part = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", part)
            parts[i] = re.sub(r"\[([^\]]+)\]\(([^)\s\"]+)\)", r'<a href="\2">\1</a>', part)
    return "".join(parts)


def prose(text):
    """Paragraphs, headings and lists by "* "."""
    out, items = [], []

    def end_list():
        if items:
            out.append("<ul>" + "".join(f"<li>{inline(' '.join(item))}</li>" for item in items) + "</ul>")
            items.clear()
    for block in re.split(r"\n\s*\n", (text or "").strip()):
        lines = [line.strip() for line in block.splitlines()]
        if lines and lines[0].startswith("* "):
            for line in lines:
                if line.startswith("* "):
                    items.append([line[2:]])
                else:
                    items[-1].append(line)
            continue
        end_list()
        if lines and lines[0].startswith("#"):
            out.append(f"<h2>{inline(lines[0].lstrip('# '))}</h2>")
        elif any(lines):
            out.append(f"<p>{inline(' '.join(lines))}</p>")
    end_list()
    return "".join(out)


class Page:
    def __init__(self, contract):
        self.contract = contract
        self.out = []

    def put(self, text):
        self.out.append(text)

    def resolve(self, value):
        """(what a reference leads to, the name of a schema on the way or None)"""
        name = None
        while "$ref" in value:
            steps = value["$ref"].removeprefix("#/").split("/")
            name = steps[-1] if steps[:2] == ["components", "schemas"] else name
            at = self.contract
            for step in steps:
                at = at[step.replace("~1", "/").replace("~0", "~")]
            value = {**at, **{key: more for key, more in value.items() if key != "$ref"}}
        return value, name

    def kind(self, schema):
        """A schema in a word or two."""
        schema, name = self.resolve(schema)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return " or ".join(dict.fromkeys(self.kind(one) for one in schema[word]))
        if "enum" in schema:
            return ", ".join(f"<code>{html.escape('null' if value is None else str(value))}</code>" for value in schema["enum"])
        if "const" in schema:
            return f"<code>{html.escape(json.dumps(schema['const']))}</code>"
        kinds = schema.get("type", "any")
        if isinstance(kinds, list):
            return " or ".join(self.kind({**schema, "type": kind}) for kind in kinds)
        if kinds == "array":
            return f"array of {self.kind(schema.get('items', {}))}"
        if kinds == "object" and name:
            return html.escape(name)
        return html.escape(schema.get("format", kinds) if kinds == "string" else kinds)

    def plain(self, schema):
        """What stands behind references; of what may also be null, what it is where it is not."""
        schema, _ = self.resolve(schema)
        choices = schema.get("anyOf", [])
        if len(choices) != 2 or choices[1] != {"type": "null"}:
            return schema
        return {**self.plain(choices[0]), **{key: more for key, more in schema.items() if key != "anyOf"}}

    def bounds(self, schema):
        schema = self.plain(schema)
        told = [f"{word} {html.escape(str(schema[key]))}" for key, word in (
            ("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "to"), ("minLength", "at least, bytes:"), ("maxLength", "at most, bytes:"),
            ("minItems", "at least"), ("maxItems", "at most"), ("default", "default")) if key in schema]
        if "pattern" in schema:
            told.append(f"<code>{html.escape(schema['pattern'])}</code>")
        return ", ".join(told)

    def members(self, schema, prefix="", depth=0):
        """Rows of a table: every member of an object, and of objects within."""
        schema, _ = self.resolve(schema)
        for part in schema.get("allOf", []):
            yield from self.members(part, prefix, depth)
        if schema.get("type") == "array" or "items" in schema:
            yield from self.members(schema.get("items", {}), prefix + "[].", depth)
        for name, member in schema.get("properties", {}).items():
            resolved = self.plain(member)
            needed = " <span class=note>needed</span>" if name in schema.get("required", []) else ""
            told = [text for text in (self.kind(member), self.bounds(member), inline(resolved.get("description", ""))) if text]
            yield f"<tr><td><code>{html.escape(prefix + name)}</code>{needed}</td><td>{' · '.join(told)}</td></tr>"
            if depth < DEPTH_MAX:
                is_array = resolved.get("type") in ("array", ["array", "null"])
                inner = resolved.get("items", resolved) if is_array else resolved
                yield from self.members(inner, f"{prefix}{name}{'[]' if is_array else ''}.", depth + 1)

    def content(self, content):
        for media, body in content.items():
            rows = list(self.members(body.get("schema", {})))
            if rows:
                self.put(f"<details><summary>Members of <code>{html.escape(media)}</code></summary><table>{''.join(rows)}</table></details>")
            for example in body.get("examples", {}).values():
                value = example.get("value")
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
                self.put(f"<details><summary>Example: {html.escape(example.get('summary', media))}</summary>"
                         f"<pre><code>{html.escape(text, quote=False)}</code></pre></details>")

    def parameters(self, operation, item):
        rows = []
        for parameter in item.get("parameters", []) + operation.get("parameters", []):
            parameter, _ = self.resolve(parameter)
            needed = " <span class=note>needed</span>" if parameter.get("required") else ""
            schema = parameter.get("schema", {})
            told = [text for text in (self.kind(schema), self.bounds(schema), inline(parameter.get("description", ""))) if text]
            rows.append(f"<tr><td><code>{html.escape(parameter['name'])}</code> <span class=note>{parameter['in']}</span>{needed}</td>"
                        f"<td>{' · '.join(told)}</td></tr>")
        if rows:
            self.put(f"<table><tr><th>Parameter</th><th></th></tr>{''.join(rows)}</table>")

    def operation(self, method, path, item):
        operation = item[method]
        self.put(f"<section id=\"{operation['operationId']}\"><h3><b class=\"method {method}\">{method.upper()}</b>"
                 f"<a href=\"#{operation['operationId']}\">{html.escape(path)}</a></h3>")
        self.put(f"<p><strong>{inline(operation.get('summary', ''))}</strong></p>{prose(operation.get('description'))}")
        roles = operation.get("x-tallystick-roles", [])
        limit = operation.get("x-body-limit", 0)
        self.put(f"<p class=note>{'For the roles ' + ', '.join(roles) if roles else 'For everybody, unless the service is private'}"
                 f"{f'. A body of at most {limit:,} bytes' if limit else ''}.</p>")
        self.parameters(operation, item)
        if "requestBody" in operation:
            body, _ = self.resolve(operation["requestBody"])
            self.put("<h4>Body</h4>" + prose(body.get("description")))
            self.content(body.get("content", {}))
        self.put("<h4>Answers</h4>")
        for status, response in operation.get("responses", {}).items():
            response, _ = self.resolve(response)
            self.put(f"<p><code>{status}</code> {inline(response.get('description', ''))}</p>")
            if status.startswith("2"):
                self.content(response.get("content", {}))
        self.put("</section>")

    def write(self):
        contract = self.contract
        info = contract["info"]
        by_tag = {tag["name"]: [] for tag in contract["tags"]}
        for path, item in contract["paths"].items():
            for method in METHODS:
                if method in item:
                    by_tag.setdefault(item[method]["tags"][0], []).append((method, path, item))
        self.put("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
                 f"<title>{html.escape(info['title'])}: the contract</title><style>{STYLE}</style></head><body><nav>")
        for tag, operations in by_tag.items():
            self.put(f"<a href=\"#{html.escape(tag.replace(' ', '-'))}\"><strong>{html.escape(tag)}</strong></a><ul>")
            for method, path, item in operations:
                self.put(f"<li><a href=\"#{item[method]['operationId']}\"><b class=\"{method}\">{method.upper()}</b> {html.escape(path)}</a></li>")
            self.put("</ul>")
        self.put(f"</nav><main><h1>{html.escape(info['title'])} {html.escape(info['version'])}</h1><p>{inline(info.get('summary', ''))}</p>"
                 "<p>For programs: <a href=\"/openapi.json\">openapi.json</a>, <a href=\"/openapi.yaml\">openapi.yaml</a>. "
                 "For refusals: <a href=\"/errors\">errors</a>.</p>" + prose(info.get("description")))
        for tag in contract["tags"]:
            self.put(f"<h2 id=\"{html.escape(tag['name'].replace(' ', '-'))}\">{html.escape(tag['name'])}</h2>{prose(tag.get('description'))}")
            for method, path, item in by_tag[tag["name"]]:
                self.operation(method, path, item)
        self.put("</main></body></html>\n")
        return "".join(self.out)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.buffer.write(Page(json.load(file)).write().encode("utf-8"))


if __name__ == "__main__":
    main()
