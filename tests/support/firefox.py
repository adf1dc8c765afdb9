"""Real Firefox, without a screen, with a camera and a microphone that are made up.

It is driven by Marionette, which it speaks itself: `length:[type, id, name, parameters]` over TCP.
"""

import asyncio
import json
import os
import shutil
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
START_SECONDS = 60
LOOK_SECONDS = 0.1

_PREFERENCES: dict[str, bool | int] = {
    "marionette.port": 0,  # any free one; the profile then says which
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
}

_FILL = """
const label = [...document.querySelectorAll("label")].find(each => each.textContent.includes(arguments[0]));
const field = label?.control;
if (!field?.checkVisibility()) return false;
field.value = arguments[1];
return field.dispatchEvent(new Event("input", { bubbles: true }));
"""
_CLICK = """
const named = each => each.textContent.trim() === arguments[0];
const button = [...document.querySelectorAll("button")].find(each => named(each) && each.checkVisibility());
button?.click();
return Boolean(button);
"""


@dataclass(slots=True)
class Firefox:
    """A running browser with one page."""

    reader: StreamReader
    writer: StreamWriter
    count: int = 0

    async def goto(self, url: str) -> None:
        """Open a page."""
        await self.command("WebDriver:Navigate", url=url)

    async def run(self, script: str, *arguments: object) -> Any:
        """Run the body of a function in the page; return what it returns or promises."""
        return (await self.command("WebDriver:ExecuteScript", script=script, args=arguments))["value"]

    async def becomes(self, script: str, *arguments: object, seconds: float = 60) -> None:
        """Wait until a script returns something true."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not await self.run(script, *arguments):
            assert asyncio.get_running_loop().time() < deadline, await self.run(
                "return document.body.innerText"
            )
            await asyncio.sleep(LOOK_SECONDS)

    async def fill(self, label: str, text: str) -> None:
        """Wait for a field and fill it in."""
        await self.becomes(_FILL, label, text)

    async def click(self, name: str) -> None:
        """Wait for a button and press it."""
        await self.becomes(_CLICK, name)

    async def command(self, name: str, **parameters: object) -> Any:
        """Carry out a command of Marionette and return its result."""
        self.count += 1
        message = json.dumps([0, self.count, name, parameters]).encode()
        self.writer.write(b"%d:%b" % (len(message), message))
        _, _, error, result = await self.message()
        assert error is None, error
        return result

    async def message(self) -> Any:
        """Return the next message that comes."""
        length = (await self.reader.readuntil(b":"))[:-1]
        return json.loads(await self.reader.readexactly(int(length)))


@asynccontextmanager
async def firefox(folder: Path) -> AsyncGenerator[Firefox]:
    """Run the browser, with its profile in an empty folder, until the block ends."""
    assert PROGRAM is not None
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _PREFERENCES.items()]
    (folder / "user.js").write_text("".join(lines))
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *("--headless", "--no-remote", "--marionette", "--profile", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"HOME": str(folder)},
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", await _port(folder))
            driven = Firefox(reader, writer)
            await driven.message()  # its greeting
            await driven.command("WebDriver:NewSession")
        with closing(writer):
            yield driven
    finally:
        process.kill()
        await process.wait()


async def _port(folder: Path) -> int:
    file = folder / "MarionetteActivePort"
    while not (file.exists() and file.read_text()):  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(LOOK_SECONDS)
    return int(file.read_text())
