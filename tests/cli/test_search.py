"""`kinetoscope search`: how the index is, and making it anew."""

import json
from contextlib import closing

import httpx

from support.people import signed_up
from support.server import Server, eventually, run_cli


def test_the_index_is_shown_and_made_anew(server: Server) -> None:
    with closing(signed_up(server.url)) as zoe:
        zoe.post("/api/v1/videos", json={"title": "How to brew green tea"}).raise_for_status()
        project = zoe.get("/api/v1/projects").json()["projects"][0]["id"]
        _wait_for_vectors(server, zoe, project)
        shown = run_cli("search", "status", data_dir=server.data_dir).stdout
        assert "all-MiniLM-L6-v2" in shown
        assert "serving" in shown

        done = run_cli("search", "rebuild", "--vectors", data_dir=server.data_dir)
        assert done.stdout.endswith("will be indexed anew.\n"), done.stderr
        _wait_for_vectors(server, zoe, project)


def _wait_for_vectors(server: Server, person: httpx.Client, project: str) -> None:
    def is_done() -> bool:
        status = json.loads(run_cli("search", "status", "--json", data_dir=server.data_dir).stdout)
        done = [model["done"] for model in status["models"]]
        return len(done) == 2 and set(done) == {status["documents"]} and status["documents"] > 0

    eventually(is_done, seconds=60)
    wish = {"query": "hot leaf drink"}

    def is_found() -> bool:  # by words alone, as long as the model of this process is still loading
        answer = person.post(f"/api/v1/projects/{project}/videos/search", json=wish).json()
        return (answer["mode"], answer["total"]) == ("hybrid", 1)

    eventually(is_found, seconds=60)
