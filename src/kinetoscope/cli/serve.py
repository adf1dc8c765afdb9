"""`kinetoscope serve`: everything that one machine needs, under one supervisor."""

from .lazy import new_command_app
from .options import DataDir, Host, Port, Workers
from .serving import serve_until_stopped

app = new_command_app()


@app.command(
    epilog="""Examples:

    kinetoscope serve

    kinetoscope serve --host 0.0.0.0 --port 80 --data-dir /var/lib/kinetoscope"""
)
def serve(host: Host = None, port: Port = None, data_dir: DataDir = None, workers: Workers = None) -> None:
    """Start everything that one machine needs, and keep it running.

    That is PostgreSQL (unless KINETOSCOPE_DATABASE_URL names another), the API, the job worker and the media
    server (unless KINETOSCOPE_REALTIME_URL names another). What dies is started again. Ctrl-C or SIGTERM
    stops all of it in order: accepted requests are still answered. A second start keeps the data.
    """
    serve_until_stopped(host=host, port=port, data_dir=data_dir, workers=workers)
