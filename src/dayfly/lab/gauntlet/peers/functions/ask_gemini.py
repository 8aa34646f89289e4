"""Can gemini_self_protector be set up, with nobody at a terminal, and does it refuse a path that leaves its folder?"""

from asking import traversal_is_refused
from flask import Flask
from gemini_self_protector import GeminiManager

application = Flask("question")
GeminiManager(application)
traversal_is_refused(application)
