"""What Schemathesis has to be told: how a signed command travels."""

import schemathesis


@schemathesis.serializer("application/jose")
def jose(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
