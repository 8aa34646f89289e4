"""What stands below web functions: models, signatures, documents and images, in compiled extensions."""

import functools
import io

import jinja2
import jwt
import lxml.etree
import pydantic
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image
from serving import serve


class Order(pydantic.BaseModel):
    id: str
    amounts: list[int]


TEMPLATES = jinja2.Environment(
    loader=jinja2.DictLoader({"mail": "{% for a in amounts %}{{ a }} {% endfor %}"})
)


@functools.cache
def keys():
    """A key that signs and one that hides, made when they are first asked for."""
    return ec.generate_private_key(ec.SECP256R1()), Fernet(Fernet.generate_key())


def use(number):
    private, secret = keys()
    order = Order.model_validate_json(f'{{"id": "{number}", "amounts": [{number}, 2, 3]}}')
    signature = private.sign(order.id.encode(), ec.ECDSA(hashes.SHA256()))
    private.public_key().verify(signature, order.id.encode(), ec.ECDSA(hashes.SHA256()))
    token = jwt.encode({"sub": order.id}, private, algorithm="ES256")
    image = Image.new("RGB", (300, 200), (number % 256, 0, 0)).resize((60, 40))
    file = io.BytesIO()
    image.save(file, "JPEG")
    tree = lxml.etree.fromstring(f"<orders><order id='{number}'/></orders>")
    return {
        "mail": TEMPLATES.get_template("mail").render(amounts=order.amounts),
        "claims": jwt.decode(token, private.public_key(), algorithms=["ES256"]),
        "hidden": secret.decrypt(secret.encrypt(b"tea")).decode(),
        "image": [*Image.open(io.BytesIO(file.getvalue())).size],
        "id": tree.xpath("string(//order/@id)"),
    }


handler = serve(use)
