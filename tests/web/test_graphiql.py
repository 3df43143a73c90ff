"""GraphiQL at `/`: whole from here, and its examples are operations of this API."""

import re

import pytest
from graphql import build_schema, parse, validate

from app.ops.schema import print_schema
from app.web.graphiql.routes import CONTENT_SECURITY_POLICY, examples
from tests.client import Api

SDL = build_schema(print_schema())


@pytest.mark.parametrize("example", examples(), ids=lambda example: example["name"])
def test_an_example_is_an_operation_of_this_api(example: dict[str, str]) -> None:
    assert validate(SDL, parse(example["query"])) == []


async def test_the_page_and_all_that_it_loads_come_from_here(api: Api) -> None:
    page = await api.http.get(f"{api.url}/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "http://" not in page.text
    assert "https://" not in page.text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) >= 5
    for address in addresses:
        assert address.startswith("/graphiql/")
        answer = await api.http.get(api.url + address)
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["routes.py", "page.html", "vendor/README.md", "../main.py"])
async def test_nothing_else_of_its_folder_is_served(api: Api, path: str) -> None:
    assert (await api.http.get(f"{api.url}/graphiql/{path}")).status_code == 404
