"""Who asks the API of the desk: customers, services, people and their tokens."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from portal.core.permissions import Permission
from portal.customers.models import User
from portal.customers.tokens import issue_service_token, issue_staff_token, issue_user_token
from portal.staff.models import Admin
from tests.cast import actor
from tests.client import Client

API = "/api/support"
DAY = timedelta(days=1)
DESK = (
    Permission.TICKETS_VIEW,
    Permission.TICKETS_READ,
    Permission.TICKETS_REPLY,
    Permission.TICKETS_WRITE,
)


@dataclass
class Program:
    """Somebody with a token."""

    client: Client
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """`path` is below the API of the desk."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        json = {} if body is None else {"json": body}
        return self.client.open(f"{API}{path}", method=method, headers=sent | more, **json)

    def get(self, path: str) -> Any:
        """What is answered, which is a 200."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def numbers(self, query: str = "") -> list[str]:
        return [item["number"] for item in self.get(f"/tickets{query}")["items"]]


def nobody(client: Client) -> Program:
    return Program(client, "")


def user_program(client: Client, ann: Admin, user: User) -> Program:
    return Program(client, issue_user_token(by=actor(ann), user=user, expires_in=DAY).text)


def service_program(client: Client, ann: Admin, *scopes: str) -> Program:
    issued = issue_service_token(by=actor(ann), name="Product", scopes=scopes)
    return Program(client, issued.text)


def staff_program(client: Client, person: Admin) -> Program:
    issued = issue_staff_token(by=actor(person), name="Script", permissions=DESK)
    return Program(client, issued.text)
