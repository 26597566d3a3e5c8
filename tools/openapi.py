"""Makes openapi.json from openapi.yaml: tools/openapi.py [--check]

The two say the same, member for member, in the same order. --check writes nothing and fails
where openapi.json is not what would be written. Needs python3-yaml.
"""

import json
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Loader(yaml.SafeLoader):
    """Safe YAML, but a member that stands twice is refused, and dates stay texts."""


def construct_mapping(loader, node):
    mapping = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise SystemExit(f"openapi.yaml:{key_node.start_mark.line + 1}: the key {key!r} is no text: quote it")
        if key in mapping:
            raise SystemExit(f"openapi.yaml:{key_node.start_mark.line + 1}: {key} stands twice")
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct_mapping)
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def main():
    contract = yaml.load((ROOT / "openapi.yaml").read_text(encoding="utf-8"), Loader)
    text = json.dumps(contract, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    path = ROOT / "openapi.json"
    if sys.argv[1:] == ["--check"]:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            raise SystemExit("openapi.json is not what openapi.yaml says: run tools/openapi.py")
    elif sys.argv[1:]:
        raise SystemExit(__doc__)
    else:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
