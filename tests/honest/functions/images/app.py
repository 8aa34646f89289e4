"""An uploaded picture, made smaller, with the customer's words drawn on it."""

import base64
import hashlib
import io

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps


def handler(event, context):
    picture = Image.open(io.BytesIO(base64.b64decode(event["picture"])))
    picture.load()
    small = ImageOps.contain(picture.convert("RGB"), (32, 32)).filter(ImageFilter.SHARPEN)
    label = Image.new("L", (200, 20), 255)
    font = ImageFont.load_default()
    words = "".join(character for character in event["text"] if " " <= character <= "~")[:30]
    ImageDraw.Draw(label).text((2, 2), words, font=font, fill=0)
    stored = io.BytesIO()
    small.save(stored, event["format"])
    return {
        "size": picture.size,
        "mode": picture.mode,
        "format": picture.format,
        "small": small.size,
        "label": hashlib.sha256(label.tobytes()).hexdigest(),
        "stored": stored.getvalue()[:4].hex(),
        "colours": len(small.getcolors(4096)),
    }
