"""``ask <credentials file> <address>``: a GET by whoever that is, the answer in readable JSON."""

import asyncio
import json
import sys
from pathlib import Path

import httpx

from hwb_provisioning_client.sign_in import read_sign_in


async def ask(credentials_file: Path, address: str) -> httpx.Response:
    """The answer."""
    sign_in = read_sign_in(address, token_file=None, credentials_file=credentials_file)
    async with httpx.AsyncClient(auth=sign_in, timeout=30) as client:
        return await client.get(address)


def main(credentials_file: str, address: str) -> int:
    """Print the answer; 1 where it is an error."""
    answer = asyncio.run(ask(Path(credentials_file), address))
    print(json.dumps(answer.json(), indent=2, ensure_ascii=False))
    return 0 if answer.is_success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
