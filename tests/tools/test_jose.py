"""Stock JOSE libraries sign for an organisation: the examples of docs/signing.md, as they stand, with the program's key and with keys
that the libraries made; and jwcrypto checks what the program signs and what the ledger shows."""

import json
import re
import subprocess
import urllib.request
import uuid

import pytest

from conftest import ROOT, TOOLS, binary, missing, tool, without_ours
from test_client import token

PAGE = (ROOT / "docs" / "signing.md").read_text(encoding="utf-8")

MAKE_PYTHON = """
from jwcrypto import jwk
key = jwk.JWK.generate(kty="EC", crv="secp256k1")

print(key.export(), key.export_public(), sep="\\n")
"""
MAKE_JS = """
import { exportJWK, generateKeyPair } from "jose";
const { publicKey, privateKey } = await generateKeyPair("ES256K", { extractable: true });
console.log(JSON.stringify(await exportJWK(privateKey)) + "\\n" + JSON.stringify(await exportJWK(publicKey)));
"""
CHECK_PYTHON = """
import json, sys
from jwcrypto import jwk, jws
public, *tokens = sys.stdin.read().split("\\n")
key = jwk.JWK.from_json(public)
for token in tokens:
    checked = jws.JWS()
    checked.deserialize(token, key, alg="ES256K")
    print(checked.payload.decode())
"""


INTAKE = '{"site": "STORE", "item": "MASK", "source": "found", "quantity": 1}'


def example(language):
    return re.search(rf"^```{language} sign\n(.*?)^```$", PAGE, re.S | re.M).group(1)


class Library:
    """A language with its library, and where its programs can find that."""

    def __init__(self, language, folder):
        self.language, self.folder = language, folder
        if language == "js":
            tool("node/node_modules/jose")
            (folder / "node_modules").symlink_to(TOOLS / "node" / "node_modules")
            self.command, self.name = "node", "program.mjs"
        else:
            python = tool("python/bin/python")
            if subprocess.run([python, "-c", "import jwcrypto"], capture_output=True, check=False).returncode != 0:
                missing("python")
            self.command, self.name = python, "program.py"

    def run(self, program, *words, given=None):
        (self.folder / self.name).write_text(program, encoding="utf-8")
        done = subprocess.run([self.command, self.name, *words], cwd=self.folder, input=given, capture_output=True, text=True, timeout=120,
                              check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


class Hospital:
    """An organisation to which something is on its way."""

    def __init__(self, server, directory):
        self.server, self.url, self.admin = server, server.url, server.token
        self.ask("PUT", "/organisations/HOSPITAL", {"name": "x", "kind": "hospital"})
        self.ask("PUT", "/items/MASK", {"name": "x", "unit": "piece"})
        for site in ("STORE", "WARD"):
            self.ask("PUT", f"/sites/{site}", {"name": "x", "kind": "hospital", "organisation": "HOSPITAL", "province": "CN-HB"})
        self.ask("POST", "/supplies", {"id": "MASKS", "site": "STORE", "item": "MASK", "quantity": 1000, "source": "found"})
        self.ask("POST", "/transfers", {"id": "T-1", "destination": "WARD", "lines": [{"supply": "MASKS", "quantity": 1000}]})
        self.ask("POST", "/transfers/T-1/dispatch", {})
        self.token = token(directory, "HOSPITAL")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(), method=method, headers={
            "Authorization": f"Bearer {self.admin}", "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())})
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def register(self, public):
        return self.ask("POST", "/organisations/HOSPITAL/keys", public)["kid"]


@pytest.fixture
def hospital(server, tmp_path):
    return Hospital(server, tmp_path / "data")


@pytest.fixture(params=["python", "js"])
def library(request, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    return Library(request.param, folder)


def key_of_ours(folder):
    made = subprocess.run([binary(), "key", "new", "--file", str(folder / "key.jwk")], env=without_ours(), capture_output=True,
                          text=True, check=True, timeout=60)
    return json.loads(made.stdout)


def key_of_the_library(library):
    private, public = library.run(MAKE_JS if library.language == "js" else MAKE_PYTHON).split("\n")[:2]
    return json.loads(private), json.loads(public)


def test_the_examples_of_the_page(hospital, library):
    """With a key that the program made: ten times, since the form of a signature's second half is left to chance."""
    public = key_of_ours(library.folder)
    assert hospital.register(public) == public["kid"]
    for number in range(1, 11):
        ledger = json.loads(library.run(example(library.language), hospital.url, hospital.token, "T-1", "key.jwk"))
        entry = hospital.ask("GET", f"/ledger/entries/{ledger['seq']}")
        assert (entry["entry_hash"], entry["submitter_key"], entry["kind"]) == (ledger["entry_hash"], public["kid"], "transfer.receive")
        assert hospital.ask("GET", "/transfers/T-1")["lines"][0]["received_good"] == 35 * number
    event = hospital.ask("GET", "/transfers/T-1")["events"][-1]
    assert event["lines"][0]["reason"] == "Boxes soaked by rain"
    sent = sorted(library.folder.glob("receipt-*.json"))
    assert len(sent) == 10


def test_keys_that_the_library_made(hospital, library):
    private, public = key_of_the_library(library)
    assert "d" in private and "d" not in public
    private["kid"] = hospital.register(public)
    (library.folder / "key.jwk").write_text(json.dumps(private))
    ledger = json.loads(library.run(example(library.language), hospital.url, hospital.token, "T-1", "key.jwk"))
    assert hospital.ask("GET", f"/ledger/entries/{ledger['seq']}")["submitter_key"] == private["kid"]


def test_the_library_checks_what_the_program_signs(hospital, tmp_path):
    """And the JWS that the ledger shows, against the key that it shows."""
    folder = tmp_path / "library"
    folder.mkdir()
    library = Library("python", folder)
    public = key_of_ours(folder)
    hospital.register(public)
    signed = subprocess.run([binary(), "key", "sign", "--file", str(folder / "key.jwk"), "--log", "somewhere.else", "--kind", "supply.intake",
                             "--id", "1", "--new-id", "S", "--compact"], input=INTAKE, env=without_ours(), capture_output=True, text=True, check=True,
                            timeout=60)
    ledger = json.loads(library.run(example("python"), hospital.url, hospital.token, "T-1", "key.jwk"))
    entry = hospital.ask("GET", f"/ledger/entries/{ledger['seq']}")
    shown = hospital.ask("GET", "/organisations/HOSPITAL/keys")["items"][0]
    first, second = library.run(CHECK_PYTHON, given="\n".join([json.dumps(shown), signed.stdout.strip(), entry["jws"]])).splitlines()
    assert json.loads(first) == {"log": "somewhere.else", "kind": "supply.intake", "id": "1", "new_id": "S", "body": json.loads(INTAKE)}
    assert json.loads(second)["body"] == json.loads(entry["signed_body"]) and json.loads(second)["target"] == "T-1"
    bent = entry["jws"].replace(".", ".e", 1)
    with pytest.raises(AssertionError, match="InvalidJWSSignature"):
        library.run(CHECK_PYTHON, given="\n".join([json.dumps(shown), bent]))
