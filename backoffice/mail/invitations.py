"""The link of an invitation once there is EU Login: it opens nothing by itself and never wears out, since signing in is
the proof. Who comes by it is told, in part, to which address it went."""

from itsdangerous import BadData, URLSafeSerializer


def link(*, access_id: int, base_url: str, secret_key: str) -> str:
    return f"{base_url}/invite/{_serializer(secret_key).dumps(access_id)}"


def access_of(key: str, *, secret_key: str) -> int | None:
    """Whose invitation it is; None when it is no such link."""
    try:
        found = _serializer(secret_key).loads(key)
    except BadData:
        return None
    return found if isinstance(found, int) else None


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="invitation")
