"""Images in OpenCV, scaled and blurred by its threads."""

import cv2
import numpy
from serving import serve

cv2.setNumThreads(2)


def use(number):
    image = numpy.random.default_rng(number).integers(0, 255, (600, 800, 3), dtype=numpy.uint8)
    small = cv2.resize(cv2.GaussianBlur(image, (15, 15), 0), (400, 300), interpolation=cv2.INTER_AREA)
    is_written, file = cv2.imencode(".png", small)
    return {
        "sum": int(small.sum()),
        "written": is_written,
        "same": bool((cv2.imdecode(file, 1) == small).all()),
    }


handler = serve(use, threads=True)
