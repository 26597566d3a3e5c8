"""What Schemathesis has to be told: how a signed command travels, and what the contract says in words alone."""

import schemathesis


@schemathesis.serializer("application/jose")
def jose(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(context, case, kwargs):
    """A query that is to be taken goes without `fields`, of which OpenAPI cannot say that the answer then lacks the others, and without a `cursor`,
    since one that no page gave is refused before all else. What is to be refused stays as it was drawn."""
    if case.meta is not None and case.meta.generation.mode.is_positive and case.query:
        case.query.pop("fields", None)
        case.query.pop("cursor", None)
