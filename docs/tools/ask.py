"""``ask <token file> <address>``: a GET with that token, the answer in readable JSON."""

import json
import sys
from pathlib import Path

import httpx


def main(token_file: str, address: str) -> int:
    """Print the answer; 1 where it is an error."""
    token = Path(token_file).read_text().strip()
    answer = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    print(json.dumps(answer.json(), indent=2, ensure_ascii=False))
    return 0 if answer.is_success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
