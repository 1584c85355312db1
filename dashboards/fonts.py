"""`/fonts/sans.woff2`: the Chinese face for a machine that has none, fetched by a browser only when it must."""

from fastapi import APIRouter, Depends, HTTPException
from starlette.responses import FileResponse

from dashboards import auth
from workbench.present import fonts

router = APIRouter(include_in_schema=False, dependencies=[Depends(auth.anyone)])


@router.get("/fonts/sans.woff2")
def sans() -> FileResponse:
    """The cut face; until the server has made it ready, pages are shown in whatever face the machine has."""
    face = fonts.place()
    if not face.exists():
        raise HTTPException(404, "the face is being made ready", {"retry-after": "60"})
    return FileResponse(face, media_type="font/woff2", headers={"cache-control": "public, max-age=604800"})
