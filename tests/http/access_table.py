"""Who may do what: the statement that test_access_matrix.py holds against the program, written from README.md, the introduction of
openapi.yaml, docs/privacy.md and rules/permit.h, and from no answer of the program.

One row for each operation of the contract, one letter for each caller. A caller is nobody, or a role in one of three organisations: own (of which
the thing is: its site's, the origin's of a transfer, the one that the path or the body names), the party (the destination's of a transfer, else one that deals with own)
and a third one that has no part in it; and the administrator of no organisation, whom the service begins with. What is nobody's in particular has the same letter
three times.

  +  it is done, and the status is the row's; the reply has no text that someone wrote for the parties
  s  the same, and such a text is shown
  w  the same, and such a text is withheld: null, and its name in "withheld"
  v  the same, and the ledger is verified up to now; l: what the latest check found
  U  401 unauthenticated
  R  403 forbidden, for the role
  O  403 forbidden, for the organisation; the row's last word says whose operators may, or that those may who are of the asker's

Nothing is hidden by a 404: what there is can be read by whoever may read at all, so a 404 says that there is nothing. entries is by how many entries of
the ledger it grows when it is done.
"""

import collections

ROLES = ("auditor", "operator", "coordinator", "admin")
SIDES = ("own", "party", "third", "none")  # none: for admins alone
CALLERS = [(role, side) for role in ROLES for side in SIDES if side != "none" or role == "admin"]
LETTERS = {"auditor": 3, "operator": 3, "coordinator": 3, "admin": 4}

TABLE = """
operation             status entries public private auditor operator coordinator admin whose

# Probes and the contract tell nothing of the data: they are for everybody, on private services too.
getIndex              200    0       +      +       +++     +++      +++         ++++  -
getHealth             200    0       +      +       +++     +++      +++         ++++  -
getReadiness          200    0       +      +       +++     +++      +++         ++++  -
getContractYaml       200    0       +      +       +++     +++      +++         ++++  -
getContractJson       200    0       +      +       +++     +++      +++         ++++  -
getContractPage       200    0       +      +       +++     +++      +++         ++++  -
listErrors            200    0       +      +       +++     +++      +++         ++++  -
getError              200    0       +      +       +++     +++      +++         ++++  -

# Reading is for everybody, and for whoever has a token where the service is private.
getMetrics            200    0       +      U       +++     +++      +++         ++++  -
listProvinces         200    0       +      U       +++     +++      +++         ++++  -
getProvince           200    0       +      U       +++     +++      +++         ++++  -
listOrganisations     200    0       +      U       +++     +++      +++         ++++  -
getOrganisation       200    0       +      U       +++     +++      +++         ++++  -
listPolicies          200    0       +      U       +++     +++      +++         ++++  -
getPolicy             200    0       +      U       +++     +++      +++         ++++  -
listWitnesses         200    0       +      U       +++     +++      +++         ++++  -
getWitness            200    0       +      U       +++     +++      +++         ++++  -
listSites             200    0       +      U       +++     +++      +++         ++++  -
getSite               200    0       +      U       +++     +++      +++         ++++  -
listItems             200    0       +      U       +++     +++      +++         ++++  -
getItem               200    0       +      U       +++     +++      +++         ++++  -
listIndicators        200    0       +      U       +++     +++      +++         ++++  -
getIndicator          200    0       +      U       +++     +++      +++         ++++  -
listFigures           200    0       +      U       +++     +++      +++         ++++  -
listSupplies          200    0       +      U       +++     +++      +++         ++++  -
summariseSupplies     200    0       +      U       +++     +++      +++         ++++  -
getSupply             200    0       +      U       +++     +++      +++         ++++  -
summariseTransfers    200    0       +      U       +++     +++      +++         ++++  -
listErasures          200    0       +      U       +++     +++      +++         ++++  -
listEvents            200    0       +      U       +++     +++      +++         ++++  -
getLedger             200    0       +      U       +++     +++      +++         ++++  -
listEntries           200    0       +      U       +++     +++      +++         ++++  -
getEntry              200    0       +      U       +++     +++      +++         ++++  -
listKeys              200    0       +      U       +++     +++      +++         ++++  -
getNewestCheckpoint   200    0       +      U       +++     +++      +++         ++++  -
listCheckpoints       200    0       +      U       +++     +++      +++         ++++  -
getCheckpoint         200    0       +      U       +++     +++      +++         ++++  -
listCosignatures      200    0       +      U       +++     +++      +++         ++++  -
getProof              200    0       +      U       +++     +++      +++         ++++  -
getConsistency        200    0       +      U       +++     +++      +++         ++++  -
getEfficiency         200    0       +      U       +++     +++      +++         ++++  -
getMalmquist          200    0       +      U       +++     +++      +++         ++++  -
getDensity            200    0       +      U       +++     +++      +++         ++++  -
getInequality         200    0       +      U       +++     +++      +++         ++++  -

# Notes, reasons and rationales: the parties, coordinators, auditors and administrators read them.
listOrganisationKeys  200    0       w      U       sss     sww      sss         ssss  -
getOrganisationKey    200    0       w      U       sss     sww      sss         ssss  -
listMovements         200    0       w      U       sss     sww      sss         ssss  -
listTransfers         200    0       w      U       sss     ssw      sss         ssss  -
getTransfer           200    0       w      U       sss     ssw      sss         ssss  -

# A check of the whole ledger is begun by those with an auditor's rights; the others read what it found.
verifyLedger          200    0       l      U       vvv     lll      vvv         vvvv  -

# What computes changes nothing; whoever holds a job's id may read it. One that was asked for with a token (of own) is the organisation's to give up.
computeEfficiency     200    0       +      U       +++     +++      +++         ++++  -
computeMalmquist      200    0       +      U       +++     +++      +++         ++++  -
computeDensity        200    0       +      U       +++     +++      +++         ++++  -
computeInequality     200    0       +      U       +++     +++      +++         ++++  -
getJob                200    0       +      U       +++     +++      +++         ++++  -
followJob             200    0       +      U       +++     +++      +++         ++++  -
cancelJob             200    0       U      U       +OO     +OO      +OO         ++++  asker

# How the service is set up, and where personal texts lie.
getConfig             200    0       U      U       RRR     RRR      RRR         ++++  -
listTexts             200    0       U      U       sss     RRR      RRR         ssss  -

# Reference data, keys, policies, witnesses and erasures are the administrators', whatever organisation they are of.
putProvince           200    1       U      U       RRR     RRR      RRR         ++++  -
putOrganisation       201    1       U      U       RRR     RRR      RRR         ++++  -
addOrganisationKey    201    1       U      U       RRR     RRR      RRR         ++++  -
revokeOrganisationKey 200    1       U      U       RRR     RRR      RRR         ssss  -
putPolicy             201    1       U      U       RRR     RRR      RRR         ++++  -
putWitness            201    1       U      U       RRR     RRR      RRR         ++++  -
putSite               201    1       U      U       RRR     RRR      RRR         ++++  -
putItem               201    1       U      U       RRR     RRR      RRR         ++++  -
putIndicator          201    1       U      U       RRR     RRR      RRR         ++++  -
putFigures            200    1       U      U       RRR     RRR      RRR         ++++  -
eraseTexts            201    1       U      U       RRR     RRR      RRR         ++++  -

# Auditors write nothing, but for the witnesses' lines, which stand beside the ledger and not in it.
addCosignatures       200    0       U      U       +++     RRR      RRR         ++++  -

# Goods on the shelf: operators of the site's organisation.
createSupply          201    1       U      U       RRR     +OO      RRR         ++++  own
adjustSupply          200    1       U      U       RRR     +OO      RRR         ++++  own

# Goods on the move: operators of the origin's organisation, of the destination's for the receipt, and coordinators of any.
createTransfer        201    1       U      U       RRR     sOO      sss         ssss  own
dispatchTransfer      200    1       U      U       RRR     sOO      sss         ssss  own
cancelTransfer        200    1       U      U       RRR     sOO      sss         ssss  own
returnTransfer        200    1       U      U       RRR     sOO      sss         ssss  own
receiveTransfer       200    1       U      U       RRR     OsO      sss         ssss  party
"""

DONE = "+swvl"

Row = collections.namedtuple("Row", "operation status entries nobody cells whose roles")


def read_row(words):
    """Row.nobody is {"public": letter, "private": letter}, Row.cells {(role, side): letter}, Row.roles those that may in any organisation."""
    operation, status, entries, public, private, *letters, whose = words
    assert len(letters) == len(ROLES), words
    for role, of_role in zip(ROLES, letters):
        assert len(of_role) == LETTERS[role] and set(of_role) <= set(DONE + "RO"), words
    assert public in DONE + "U" and private in DONE + "U" and len(public + private) == 2, words
    cells = dict(zip(CALLERS, "".join(letters)))
    assert (whose != "-") == ("O" in cells.values()) and whose in ("own", "party", "asker", "-"), words
    roles = [role for (role, _), letter in cells.items() if letter in DONE]
    return Row(operation, int(status), int(entries), {"public": public, "private": private}, cells, whose, list(dict.fromkeys(roles)))


def read_table(text):
    """{operation: Row}; each operation has one row."""
    _, *lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    rows = [read_row(words) for words in lines]
    assert len({row.operation for row in rows}) == len(rows), "an operation has two rows"
    return {row.operation: row for row in rows}


def faults_of(rows, operations):
    """What stands in the table and not in the contract, and the other way round; operations are test_contract.Operation."""
    roles = {operation.id: operation.item["x-tallystick-roles"] for operation in operations}
    faults = [f"no row for {name}" for name in roles if name not in rows] + [f"no operation {name}" for name in rows if name not in roles]
    for name in rows.keys() & roles.keys():
        wanted = [] if rows[name].nobody["public"] in DONE or rows[name].whose == "asker" else rows[name].roles
        if sorted(roles[name]) != sorted(wanted):
            faults.append(f"{name}: the contract names the roles {roles[name]}, the table {wanted}")
    return sorted(faults)
