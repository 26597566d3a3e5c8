"""Signed commands: the goldens and the C behind them, checked by an implementation of the documents, and Wycheproof's vectors."""

import random

import pytest

import ledger_model as model
import signed_model as signed
from test_ledger_golden import ROOT, driver, parse_der, wycheproof  # pylint: disable=unused-import

GOLDEN = ROOT / "tests" / "golden" / "ledger" / "signed.txt"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_goldens_are_what_the_documents_give():
    lines = GOLDEN.read_text(encoding="utf-8").split("\n")[:-1]
    assert [tuple(line.split(" ", 1)) for line in lines] == list(signed.golden_lines())


def test_golden_entry_and_signature(driver):
    goldens = dict(signed.golden_lines())
    data, public = bytes.fromhex(goldens["entry.bytes"]), bytes.fromhex(goldens["public"])
    entry = model.decode(data)
    assert entry["body_digest"].hex() == goldens["digest"]  # what the submitter signed
    assert f"{entry['body'].decode()}.{signed.b64u(entry['submitter_sig'])}" == goldens["jws"]
    assert driver.ask("entry", data).split()[0] == goldens["entry.hash"]
    for name in ("jws", "jws_high"):
        assert signed.verify(public, goldens[name])
        assert driver.ask("jws", public, goldens[name].encode()) == goldens["digest"]


# Wycheproof calls a high s valid, and so does the reader of what submitters signed: both agree on every vector.

def check(driver, public, digest, signature, is_valid):
    return driver.ask("submitted", public, digest, signature) == ("ok" if is_valid else "invalid")


def test_wycheproof_compact(driver):
    kinds = []
    for case, public, digest in wycheproof("ecdsa_secp256k1_sha256_p1363_test.tsv"):
        assert check(driver, public, digest, bytes.fromhex(case["sig"]), case["result"] == "valid"), case["tcId"]
        kinds.append(case["result"])
    assert (kinds.count("valid"), kinds.count("invalid")) == (167, 85)


def test_wycheproof_compact_in_a_jws(driver):
    """A signature of another length than 64 bytes is no JWS; the others are of another text, so that none verifies."""
    for case, public, _ in wycheproof("ecdsa_secp256k1_sha256_p1363_test.tsv"):
        token = f"e30.e30.{signed.b64u(bytes.fromhex(case['sig']))}"
        assert driver.ask("jws", public, token.encode()) == "invalid" and not signed.verify(public, token)


def test_wycheproof_der(driver):
    kinds = []
    for case, public, digest in wycheproof("ecdsa_secp256k1_sha256_test.tsv"):
        signature = parse_der(bytes.fromhex(case["sig"]))
        if signature is None:
            assert case["result"] == "invalid", case["tcId"]
            kinds.append("no DER")
        else:
            assert check(driver, public, digest, signature, case["result"] == "valid"), case["tcId"]
            kinds.append(case["result"])
    assert (kinds.count("valid"), kinds.count("invalid"), kinds.count("no DER")) == (168, 74, 234)


def mutations(chance, token):
    for _ in range(400):
        at = chance.randrange(len(token))
        letter = chance.choice(ALPHABET + ".=+/ \n~")
        yield chance.choice([token[:at] + letter + token[at + 1:], token[:at] + letter + token[at:], token[:at] + token[at + 1:],
                             token[:at], token[at:], token[:at] + token[at:].swapcase()])
    header, payload, signature = token.split(".")
    yield from (f"{payload}.{header}.{signature}", f"{header}.{payload}", f"{header}.{payload}.{signature}.", f".{header}.{payload}.{signature}",
                f"{header}..{signature}", f"{header}.{payload}.{signature}=", f"{header}={payload}={signature}", "", ".", "..", token + token,
                f"{header}.{payload}.{signed.b64u(bytes(64))}", f"{header}.{payload}.{signed.b64u(b'A' * 63)}")


@pytest.mark.parametrize("seed", range(8))
def test_random_tokens(driver, seed):
    """The C and the Python say the same of good tokens and of spoilt ones."""
    chance = random.Random(seed)
    secret = chance.randbytes(32)
    public = model.public_of(secret)
    payload = {"x": "".join(chance.choice("aé中😀\"\\") for _ in range(chance.randrange(80)))}
    token = signed.jws(secret, {"alg": "ES256K", "kid": signed.kid_of(secret)}, payload)
    if seed % 2:
        token = signed.high(token)
    assert signed.verify(public, token) and driver.ask("jws", public, token.encode()) != "invalid"
    assert driver.ask("jws", model.public_of(chance.randbytes(32)), token.encode()) == "invalid"
    for spoilt in mutations(chance, token):
        said = driver.ask("jws", public, spoilt.encode()) != "invalid"
        assert said == signed.verify(public, spoilt), spoilt
        assert said == (spoilt == token), spoilt
