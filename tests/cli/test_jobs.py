"""`kinetoscope jobs`: dead jobs are seen, retried, removed."""

import json

from support.server import Server, run_cli, sql

DEAD = """
    INSERT INTO jobs (kind, payload, state, run_at, attempts, last_error, created_at)
    VALUES ('nobody.knows', '{"video_id": "v-17"}', 'dead', now(), 8, 'OSError: no room', now()) RETURNING id
"""


def bury(server: Server) -> str:
    return sql(server.data_dir, DEAD)


def dead(server: Server) -> list[str]:
    return sql(server.data_dir, "SELECT id FROM jobs WHERE state = 'dead'").splitlines()


def test_a_dead_job_is_shown_with_its_error(server: Server) -> None:
    job = bury(server)
    shown = run_cli("jobs", "list", "--state", "dead", data_dir=server.data_dir).stdout
    assert job in shown
    assert "nobody.knows" in shown
    assert "OSError: no room" in shown


def test_programs_get_all_of_it(server: Server) -> None:
    job = bury(server)
    done = run_cli("jobs", "--state", "dead", "--json", data_dir=server.data_dir)
    shown = {found["id"]: found for found in json.loads(done.stdout)}
    assert shown[int(job)]["payload"] == {"video_id": "v-17"}
    assert shown[int(job)]["attempts"] == 8


def test_a_dead_job_is_removed_by_its_number(server: Server) -> None:
    first, second = bury(server), bury(server)
    assert run_cli("jobs", "remove", first, data_dir=server.data_dir).stdout == "1 dead job removed.\n"
    assert first not in dead(server)
    assert second in dead(server)


def test_dead_jobs_are_tried_anew(server: Server) -> None:
    job = bury(server)
    done = run_cli("jobs", "retry", job, data_dir=server.data_dir)
    assert done.stdout == "1 dead job will be tried again.\n"
    assert job not in dead(server)


def test_it_must_be_said_which_jobs_are_meant(server: Server) -> None:
    done = run_cli("jobs", "remove", data_dir=server.data_dir)
    assert done.returncode == 2
    assert "--all" in done.stderr
