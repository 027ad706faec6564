"""The way to Hwb: through the proxy that the environment names, or directly."""

import httpx

from hwb_provisioning_client.errors import UsageError

TIMEOUT_SECONDS = 60.0


def connection(url: str, sign_in: httpx.Auth) -> httpx.AsyncClient:
    """A client of Hwb at this address. Raises UsageError where the proxy is none.

    HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are followed, SSL_CERT_FILE too.
    """
    try:
        return httpx.AsyncClient(base_url=url, auth=sign_in, timeout=TIMEOUT_SECONDS)
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        # The message may have the proxy's password in it, so it is not shown.
        raise UsageError(
            "proxy_not_valid",
            "The proxy's address cannot be used",
            "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is set to something that is not the address of "
            "an HTTP proxy. Write it as http://proxy:8080; nothing was sent.",
        ) from error
