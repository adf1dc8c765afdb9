"""Projects over HTTP."""

import asyncio
from uuid import uuid4

from support.cast import Person, registered_video


async def test_a_project_is_made_read_changed_and_deleted(alice: Person) -> None:
    created = await alice.post("/api/v1/projects", json={"name": "Onboarding", "description": "First week"})
    project = created.json()
    path = f"/api/v1/projects/{project['id']}"
    assert (created.status_code, created.headers["location"]) == (201, path)
    assert (await alice.get(path)).json() == project

    changed = (await alice.patch(path, json={"name": "Induction"})).json()
    assert (changed["name"], changed["description"]) == ("Induction", "First week")
    assert (await alice.put(path, json={"description": ""})).json()["name"] == "Induction"
    assert (await alice.delete(path)).status_code == 204
    assert (await alice.get(path)).status_code == 404


async def test_a_name_is_unique_for_its_owner_only(alice: Person, bob: Person) -> None:
    await alice.post("/api/v1/projects", json={"name": "Tea"})
    again = await alice.post("/api/v1/projects", json={"name": "TEA"})
    assert (again.status_code, again.json()["code"]) == (409, "project_name_taken")
    assert (await bob.post("/api/v1/projects", json={"name": "Tea"})).status_code == 201


async def test_of_racing_projects_of_one_name_one_is_made(alice: Person) -> None:
    answers = await asyncio.gather(*(alice.post("/api/v1/projects", json={"name": "Tea"}) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_renaming_to_a_taken_name_is_refused(alice: Person) -> None:
    await alice.post("/api/v1/projects", json={"name": "Tea"})
    other = (await alice.post("/api/v1/projects", json={"name": "Coffee"})).json()["id"]
    assert (await alice.patch(f"/api/v1/projects/{other}", json={"name": "tea"})).status_code == 409


async def test_the_default_project_stays(alice: Person) -> None:
    default = (await alice.get("/api/v1/projects")).json()["projects"][0]["id"]
    assert (await alice.delete(f"/api/v1/projects/{default}")).json()["code"] == "default_project"
    assert (await alice.patch(f"/api/v1/projects/{default}", json={"name": "x"})).status_code == 409
    changed = await alice.patch(f"/api/v1/projects/{default}", json={"description": "Everything"})
    assert changed.json()["description"] == "Everything"


async def test_a_project_with_videos_is_not_deleted(alice: Person) -> None:
    project = (await alice.post("/api/v1/projects", json={"name": "Tea"})).json()["id"]
    video = await registered_video(alice, project_id=project)
    refused = await alice.delete(f"/api/v1/projects/{project}")
    assert (refused.status_code, refused.json()["code"]) == (409, "project_not_empty")
    await alice.delete(f"/api/v1/videos/{video['id']}")
    assert (await alice.delete(f"/api/v1/projects/{project}")).status_code == 204


async def test_a_project_exists_for_its_owner_only(alice: Person, bob: Person) -> None:
    project = (await alice.post("/api/v1/projects", json={"name": "Tea"})).json()["id"]
    path = f"/api/v1/projects/{project}"
    for answer in (
        await bob.get(path),
        await bob.patch(path, json={"name": "x"}),
        await bob.delete(path),
        await bob.get(f"/api/v1/projects/{uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")


async def test_projects_are_listed_in_pages(alice: Person) -> None:
    for number in range(4):
        await alice.post("/api/v1/projects", json={"name": f"P{number}"})
    page = (await alice.get("/api/v1/projects", params={"page_size": 2, "page": 1})).json()
    assert [project["name"] for project in page["projects"]] == ["P3", "P2"]
    assert (page["total"], page["has_more"]) == (5, True)
