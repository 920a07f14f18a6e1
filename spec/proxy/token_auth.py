"""The proxy's `custom_auth` in the specs: a bearer token must be a live RS256 JWT of the issuer
whose keys are at JWKS_URL. It is refused in the words of the proxy's own JWT code."""
import json
import os
import urllib.request

import jwt
from fastapi import Request
from litellm.proxy._types import ProxyErrorTypes, ProxyException, UserAPIKeyAuth

_keys = {}


def _key(kid):
    if kid not in _keys:
        with urllib.request.urlopen(os.environ["JWKS_URL"], timeout=5) as answer:
            for key in json.load(answer)["keys"]:
                _keys[key["kid"]] = jwt.PyJWK.from_dict(key).key
    return _keys.get(kid)


def _refused(message, kind):
    return ProxyException(message=message, type=kind, param=None, code=401)


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:
    try:
        key = _key(jwt.get_unverified_header(api_key).get("kid"))
        claims = jwt.decode(api_key, key, algorithms=["RS256"], audience="litellm-proxy")
    except jwt.ExpiredSignatureError:
        raise _refused("Token Expired", ProxyErrorTypes.expired_key)
    except Exception as problem:
        raise _refused("Authentication Error, Validation fails: %s" % problem, ProxyErrorTypes.auth_error)
    return UserAPIKeyAuth(api_key=claims["sub"] + "-" + claims["jti"], user_id=claims["sub"])
