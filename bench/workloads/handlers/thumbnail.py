"""SeBS's `thumbnailer` and FunctionBench's `image_processing`: a JPEG made smaller, turned and blurred by Pillow."""

import base64
import io

from PIL import Image, ImageFilter


def _picture():
    picture = Image.effect_mandelbrot((480, 360), (-2.0, -1.2, 1.0, 1.2), 40).convert("RGB")
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=85)
    return written.getvalue()


PICTURE = _picture()


def handler(event, context):
    with Image.open(io.BytesIO(PICTURE)) as picture:
        turned = picture.rotate(event["number"] % 360).filter(ImageFilter.GaussianBlur(1))
        turned.thumbnail((128, 128))
        written = io.BytesIO()
        turned.save(written, "JPEG")
    return {"size": list(turned.size), "picture": base64.b64encode(written.getvalue()).decode()}
