"""The ledger's formats as docs/ledger.md describes them, in Python, without a look at the C.

Run as a program it prints tests/golden/ledger/vectors.txt. The signatures are made here
too (RFC 6979 from its text; only the multiplication k*G is the library's), so that the
goldens do not stem from the program that they check.
"""

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
CURVE = ec.SECP256K1()
INLINE_BODY_BYTES_MAX = 65536
TEXTS = ("kind", "target", "command_id", "new_id", "organisation", "role", "subject",
         "submitter_key", "submitter_alg")


def sha256(data):
    return hashlib.sha256(data).digest()


# --- keys and signatures ---------------------------------------------------------------

def private_key(secret):
    return ec.derive_private_key(int.from_bytes(secret, "big"), CURVE)


def public_of(secret):
    return private_key(secret).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def key_id(public):
    return sha256(public).hex()[:16]


def rfc6979_nonces(secret, digest):
    """RFC 6979, section 3.2, for SHA-256 and a 256-bit order."""
    z = (int.from_bytes(digest, "big") % ORDER).to_bytes(32, "big")
    v, k = b"\x01" * 32, b"\x00" * 32
    for step in (b"\x00", b"\x01"):
        k = hmac.new(k, v + step + secret + z, hashlib.sha256).digest()
        v = hmac.new(k, v, hashlib.sha256).digest()
    while True:
        v = hmac.new(k, v, hashlib.sha256).digest()
        if 0 < int.from_bytes(v, "big") < ORDER:
            yield int.from_bytes(v, "big")
        k = hmac.new(k, v + b"\x00", hashlib.sha256).digest()
        v = hmac.new(k, v, hashlib.sha256).digest()


def sign(secret, digest):
    d, z = int.from_bytes(secret, "big"), int.from_bytes(digest, "big")
    for nonce in rfc6979_nonces(secret, digest):
        r = ec.derive_private_key(nonce, CURVE).public_key().public_numbers().x % ORDER
        s = pow(nonce, -1, ORDER) * (z + r * d) % ORDER
        if r and s:
            s = min(s, ORDER - s)
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public, digest, signature):
    """True for a valid signature with a low s."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or s > ORDER // 2:
        return False
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, public)
    try:
        key.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True


# --- entries ---------------------------------------------------------------------------

def counted(data):
    return len(data).to_bytes(4, "big") + data


def encode(entry):
    parts = [b"tallystick/entry/v1\n",
             entry["seq"].to_bytes(8, "big"), entry["height"].to_bytes(8, "big"),
             entry["time_ms"].to_bytes(8, "big"), entry["previous_hash"],
             entry["rules_version"].to_bytes(4, "big")]
    parts += [counted(entry[name].encode()) for name in TEXTS]
    body = entry["body"]
    parts += [len(body).to_bytes(8, "big"), sha256(body),
              counted(body if len(body) <= INLINE_BODY_BYTES_MAX else b""),
              counted(entry["submitter_sig"]), entry["effects"]]
    return b"".join(parts)


class Malformed(Exception):
    pass


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Malformed("cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def integer(self, width):
        return int.from_bytes(self.take(width), "big")

    def counted(self):
        return self.take(self.integer(4))

    def text(self):
        try:
            text = self.counted().decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error
        if "\0" in text:
            raise Malformed("NUL in a text")
        return text


def decode(data):
    """The fields; body is None where it stands outside. Malformed for all that encode does not write."""
    reader = Reader(data)
    if reader.take(20) != b"tallystick/entry/v1\n":
        raise Malformed("tag")
    entry = {"seq": reader.integer(8), "height": reader.integer(8), "time_ms": reader.integer(8),
             "previous_hash": reader.take(32), "rules_version": reader.integer(4)}
    for name in TEXTS:
        entry[name] = reader.text()
    entry["body_length"], entry["body_digest"] = reader.integer(8), reader.take(32)
    body = reader.counted()
    if entry["body_length"] <= INLINE_BODY_BYTES_MAX:
        if len(body) != entry["body_length"] or sha256(body) != entry["body_digest"]:
            raise Malformed("body")
        entry["body"] = body
    else:
        if body:
            raise Malformed("a long body inline")
        entry["body"] = None
    entry["submitter_sig"], entry["effects"] = reader.counted(), reader.take(32)
    if reader.at != len(data):
        raise Malformed("trailing bytes")
    return entry


# --- tree, checkpoint, commitment ------------------------------------------------------

def leaf_hash(data):
    return sha256(b"\x00" + data)


def root_of(leaf_hashes):
    """RFC 6962, section 2.1, word by word: split at the largest power of two below n."""
    if not leaf_hashes:
        return sha256(b"")
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = 1
    while split * 2 < len(leaf_hashes):
        split *= 2
    return sha256(b"\x01" + root_of(leaf_hashes[:split]) + root_of(leaf_hashes[split:]))


def split_of(n):
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def inclusion_proof(m, leaf_hashes):
    """PATH(m, D[n]) of RFC 6962, section 2.1.1."""
    n = len(leaf_hashes)
    if n == 1:
        return []
    k = split_of(n)
    if m < k:
        return inclusion_proof(m, leaf_hashes[:k]) + [root_of(leaf_hashes[k:])]
    return inclusion_proof(m - k, leaf_hashes[k:]) + [root_of(leaf_hashes[:k])]


def consistency_proof(m, leaf_hashes, is_known=True):
    """PROOF(m, D[n]) of RFC 6962, section 2.1.2, by way of SUBPROOF."""
    n = len(leaf_hashes)
    if m == n:
        return [] if is_known else [root_of(leaf_hashes)]
    k = split_of(n)
    if m <= k:
        return consistency_proof(m, leaf_hashes[:k], is_known) + [root_of(leaf_hashes[k:])]
    return consistency_proof(m - k, leaf_hashes[k:], False) + [root_of(leaf_hashes[:k])]


def climb(at, last, start, proof):
    """The two hashes that docs/ledger.md carries along in a proof: (old, new). Malformed where it refuses."""
    old = new = start
    for given in proof:
        if last == 0 or at > last:
            raise Malformed("hashes are left")
        if at % 2 or at == last:
            old, new = (sha256(b"\x01" + given + hash_) for hash_ in (old, new))
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            new = sha256(b"\x01" + new + given)
        at, last = at // 2, last // 2
    if last or at:
        raise Malformed("hashes are missing")
    return old, new


def includes(index, size, leaf, proof, root):
    try:
        return index < size and climb(index, size - 1, leaf, proof)[1] == root
    except Malformed:
        return False


def continues(first, second, old_root, new_root, proof):
    if first < 1 or first > second:
        return False
    if first == second:
        return not proof and old_root == new_root
    at, last = first - 1, second - 1
    while at % 2:
        at, last = at // 2, last // 2
    if at and not proof:
        return False
    try:
        return climb(at, last, proof[0] if at else old_root, proof[1:] if at else proof) == (old_root, new_root)
    except Malformed:
        return False


def note_text(origin, size, root):
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


NODE_ALGORITHM = b"\xffsecp256k1-sha256"
ED25519_ALGORITHM = b"\x01"


def key_hash(name, algorithm, public):
    """C2SP signed-note: the first four bytes of SHA-256(name, line feed, algorithm, public key)."""
    return sha256(name.encode() + b"\n" + algorithm + public)[:4]


def note_key_hash(origin, public):
    return key_hash(origin, NODE_ALGORITHM, public)


def verifier_key(name, algorithm, public):
    """How a verifier of notes is handed its key: vkey of signed-note."""
    return f"{name}+{key_hash(name, algorithm, public).hex()}+{base64.b64encode(algorithm + public).decode()}"


def ed25519_of(seed):
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def ed25519_public(seed):
    return ed25519_of(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def signature_line(name, algorithm, public, signature):
    mark = base64.b64encode(key_hash(name, algorithm, public) + signature).decode()
    return f"\u2014 {name} {mark}\n"


def note(origin, size, root, secret, seed=None):
    """A checkpoint; with the second line where there is an Ed25519 key."""
    text = note_text(origin, size, root)
    signed = text + "\n" + signature_line(origin, NODE_ALGORITHM, public_of(secret), sign(secret, sha256(text.encode())))
    if seed is not None:
        signed += signature_line(origin, ED25519_ALGORITHM, ed25519_public(seed), ed25519_of(seed).sign(text.encode()))
    return signed


def read_note(text, public):
    """(origin, size, root) of a checkpoint that this secp256k1 key signed; Malformed else."""
    body, _, lines = text.partition("\n\n")
    origin, size, root = body.split("\n")
    marks = [base64.b64decode(line.removeprefix(f"\u2014 {origin} "), validate=True)
             for line in lines.split("\n") if line.startswith(f"\u2014 {origin} ")]
    ours = [mark[4:] for mark in marks if mark[:4] == note_key_hash(origin, public)]
    if len(ours) != 1 or not verify(public, sha256(f"{body}\n".encode()), ours[0]):
        raise Malformed("signature")
    return origin, int(size), base64.b64decode(root, validate=True)


def commitment(salt, text):
    return sha256(b"tallystick/commitment/v1\n" + salt + text.encode())


# --- the goldens -----------------------------------------------------------------------

SECRET = sha256(b"tallystick golden node key")
SEED = sha256(b"tallystick golden checkpoint key")
SUBMITTER_SECRET = sha256(b"tallystick golden submitter key")
ORIGIN = "ledger.example/golden"
SALT = sha256(b"tallystick golden salt")
PERSONAL = "\u9001\u5230\u540e\u95e8 \u2013 call first"


def golden_entries():
    """Four entries: genesis; a plain command with a commitment; a signed command in the
    same block; a body too long to stand inline."""
    held = commitment(SALT, PERSONAL).hex()
    submitter_id = key_id(public_of(SUBMITTER_SECRET))
    dispatch = b'{"lines":[{"line":1}]}'
    inputs = [
        dict(height=1, time_ms=1580515200000, kind="genesis", target="", command_id="genesis",
             new_id="", organisation="", role="admin", subject="init",
             submitter_key="", submitter_alg="", submitter_sig=b"",
             body=b'{"origin":"ledger.example/golden","utc_offset_minutes":480}'),
        dict(height=2, time_ms=1580688600000, kind="supply.intake", target="", command_id="intake-0001",
             new_id="018d2f6e-5a40-7c3a-8f00-0123456789ab", organisation="CRC-HB", role="operator",
             subject="token:1", submitter_key="", submitter_alg="", submitter_sig=b"",
             body=('{"site":"WH-WUHAN-1","item":"MASK-N95","quantity":10000,"source":"donation",'
                   '"note":{"commitment":"%s"}}' % held).encode()),
        dict(height=2, time_ms=1580688600000, kind="transfer.dispatch",
             target="018d2f6e-6100-7e21-9a00-ba9876543210", command_id="d\u00e9p\u00eache-7", new_id="",
             organisation="CRC-HB", role="coordinator", subject="\u4e8c\u53f7",
             submitter_key=submitter_id, submitter_alg="ES256K",
             submitter_sig=sign(SUBMITTER_SECRET, sha256(dispatch)), body=dispatch),
        dict(height=3, time_ms=1580688600250, kind="figures.put", target="", command_id="figures-2020",
             new_id="", organisation="", role="admin", subject="token:2",
             submitter_key="", submitter_alg="", submitter_sig=b"",
             body=bytes(i % 251 for i in range(INLINE_BODY_BYTES_MAX + 1))),
    ]
    previous = bytes(32)
    for seq, entry in enumerate(inputs, 1):
        entry.update(seq=seq, previous_hash=previous, rules_version=1,
                     effects=sha256(b"tallystick golden effects %d" % seq))
        previous = sha256(encode(entry))
    return inputs


def golden_lines():
    """Name and value, a space between; a value may be empty. Binary values in hexadecimal."""
    yield "node.secret", SECRET.hex()
    yield "node.public", public_of(SECRET).hex()
    yield "node.id", key_id(public_of(SECRET))
    yield "ed25519.seed", SEED.hex()
    yield "ed25519.public", ed25519_public(SEED).hex()
    yield "ed25519.id", key_id(ed25519_public(SEED))
    leaves = []
    for entry in golden_entries():
        name, data = f"entry{entry['seq']}", encode(entry)
        leaves.append(leaf_hash(data))
        for field in ("seq", "height", "time_ms", "rules_version") + TEXTS:
            yield f"{name}.{field}", str(entry[field])
        for field in ("previous_hash", "submitter_sig", "effects"):
            yield f"{name}.{field}", entry[field].hex()
        if len(entry["body"]) <= INLINE_BODY_BYTES_MAX:
            yield f"{name}.body", entry["body"].hex()
        else:
            yield f"{name}.body_rule", f"{len(entry['body'])} bytes, byte i is i mod 251"
        yield f"{name}.bytes", data.hex()
        yield f"{name}.hash", sha256(data).hex()
        yield f"{name}.seal", sign(SECRET, sha256(data)).hex()
        yield f"{name}.leaf", leaves[-1].hex()
        yield f"root{entry['seq']}", root_of(leaves).hex()
    yield "root0", root_of([]).hex()
    for index, size in ((0, 1), (1, 4), (2, 3)):
        yield f"inclusion{index}of{size}", b"".join(inclusion_proof(index, leaves[:size])).hex()
    for first, second in ((1, 4), (2, 4), (3, 4)):
        yield f"consistency{first}to{second}", b"".join(consistency_proof(first, leaves[:second])).hex()
    yield "note.origin", ORIGIN
    yield "note.key_hash", note_key_hash(ORIGIN, public_of(SECRET)).hex()
    yield "note.hex", note(ORIGIN, len(leaves), root_of(leaves), SECRET).encode().hex()
    yield "note.vkey", verifier_key(ORIGIN, NODE_ALGORITHM, public_of(SECRET))
    yield "note.ed25519_key_hash", key_hash(ORIGIN, ED25519_ALGORITHM, ed25519_public(SEED)).hex()
    yield "note.ed25519_vkey", verifier_key(ORIGIN, ED25519_ALGORITHM, ed25519_public(SEED))
    yield "note.both.hex", note(ORIGIN, len(leaves), root_of(leaves), SECRET, SEED).encode().hex()
    yield "commitment.salt", SALT.hex()
    yield "commitment.text", PERSONAL
    yield "commitment.digest", commitment(SALT, PERSONAL).hex()


if __name__ == "__main__":
    for golden_name, golden_value in golden_lines():
        print(golden_name, golden_value)
