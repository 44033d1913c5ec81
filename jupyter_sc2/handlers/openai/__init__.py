"""The routes under `/sc2/v1/`, which programs written for OpenAI's API can use: OpenAI's conventions rule here."""

from jupyter_sc2.handlers.openai.chat import ChatCompletionsHandler
from jupyter_sc2.handlers.openai.completions import CompletionsHandler
from jupyter_sc2.handlers.openai.models import ModelHandler, ModelsHandler

__all__ = ["ChatCompletionsHandler", "CompletionsHandler", "ModelHandler", "ModelsHandler"]
