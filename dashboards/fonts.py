"""`/fonts/sans.woff2`: the Chinese face for a machine that has none, fetched by a browser only when it must."""

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse

from dashboards import auth
from workbench.present import fonts

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.anyone)])


@router.get("/fonts/sans.woff2")
def sans() -> FileResponse:
    """The cut face; the first request makes it, which takes some seconds, in a thread of its own."""
    week = {"cache-control": "public, max-age=604800"}
    return FileResponse(fonts.woff2(), media_type="font/woff2", headers=week)
