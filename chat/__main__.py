"""Talk to the models in the browser: `make chat`, or `python -m chat` where Chainlit is installed.

The page is served to this computer alone. Chainlit, which draws it, keeps its files in build/chat.
"""

import argparse
import os
import sys
from pathlib import Path

HOST = "127.0.0.1"
FOLDER = Path(__file__).parents[1] / "build" / "chat"


def main() -> None:
    """Serve the page until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m chat", description="Talk to the models.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--headless", action="store_true", help="open no browser")
    args = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):  # a terminal that is not UTF-8 ends nothing
        stream.reconfigure(errors="backslashreplace")

    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "chainlit.md").write_text("", encoding="utf-8")  # no 'Readme' on the page
    for name in ("DATABASE_URL", "LITERAL_API_KEY"):  # Chainlit would keep conversations there
        os.environ.pop(name, None)
    os.environ |= {"CHAINLIT_APP_ROOT": str(FOLDER), "TRACELOOP_TELEMETRY": "false"}
    os.environ |= {"CHAINLIT_HOST": HOST, "CHAINLIT_PORT": str(args.port)}

    try:
        from chainlit.config import config  # reads the environment
    except ModuleNotFoundError as error:
        sys.exit(f"error: {error}; `make chat` installs it, as does requirements-chat.txt")

    config.run.headless = args.headless
    config.project.allow_origins = [f"http://{name}:{args.port}" for name in (HOST, "localhost")]
    config.ui.name, config.ui.language, config.ui.default_theme = "llmutils", "en-US", "light"
    config.features.user_message_markdown = False
    config.features.edit_message = False  # an edited message could not be stopped
    config.features.spontaneous_file_upload = None

    from chainlit.cli import run_chainlit

    run_chainlit(str(Path(__file__).with_name("page.py")))


if __name__ == "__main__":
    main()
