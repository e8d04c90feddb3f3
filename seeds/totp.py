"""`make totp ROLE=admin`: the present code of a demo person, alone on standard output."""

import sys

import pyotp

from seeds.credentials import demo_people


def main(arguments: list[str]) -> int:
    people = demo_people()
    if len(arguments) != 1 or (people and arguments[0] not in people):
        print(f"Usage: make totp ROLE=<{'|'.join(people) or 'role'}>", file=sys.stderr)
        return 2
    if not people:
        print("There are no demo people here yet: `make run` or `make seed`.", file=sys.stderr)
        return 1
    secret = people[arguments[0]]["totp_secret"]
    if secret is None:
        print(f"{arguments[0]} has not enrolled: sign in and scan the code.", file=sys.stderr)
        return 1
    print(pyotp.TOTP(secret).now())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
