"""The proxy's `custom_auth` in the specs: what a database of keys would say of four of them."""
from datetime import datetime, timedelta, timezone

import litellm
from fastapi import Request
from litellm.proxy._types import ProxyErrorTypes, ProxyException, UserAPIKeyAuth

KEYS = {
    "sk-1234": {},
    "sk-chat-only": {"models": ["gpt-4o"]},
    "sk-expired": {"expires": datetime.now(timezone.utc) - timedelta(days=1)},
}


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:
    if api_key.startswith("sk-two-a-minute"):
        return UserAPIKeyAuth(api_key=api_key, rpm_limit=2)
    if api_key == "sk-spent":
        raise litellm.BudgetExceededError(current_cost=1.0, max_budget=0.5)
    if api_key not in KEYS:
        message = "Authentication Error, Invalid proxy server token passed."
        raise ProxyException(message=message, type=ProxyErrorTypes.token_not_found_in_db, param="key", code=401)
    return UserAPIKeyAuth(api_key=api_key, **KEYS[api_key])
