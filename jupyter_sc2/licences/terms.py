"""What licences ask for, point by point in our own words. The licence's own text counts, and `url` leads to it."""

from __future__ import annotations

from jupyter_sc2.messages import Licence, Restriction

OPENRAIL_M = "bigcode-openrail-m"

_DUTIES = (
    "Letting others use the model counts as sharing it, also over a network: on a shared server, as a service, in a "
    "program. Whoever uses what you share must be bound by the restrictions below, or by ones that ask no less.",
    "Whoever receives the model from you also receives a copy of the licence.",
    "Its documentation, the model card, stays with it. What you changed is documented at least as well.",
    "Notices of copyright, patents, trademarks and attribution stay in place. The licence gives no right to use "
    "BigCode's names and trademarks.",
    "All this also holds for what is made from the model: copies in fewer bits, fine-tuned weights and adapters, and "
    "models that were trained on what it wrote.",
    "Text and code that reach the public must be marked as written by a machine, plainly and understandably.",
    "BigCode claims no rights in what the model writes for you, but using it must respect this licence. Suing over "
    "patents in the model can end your rights to it.",
    "What the model writes may repeat code that it was trained on word for word, and that code's own licence may ask "
    "for attribution. It may also hold errors, harmful code, or personal data: check it before you use it.",
)

# Each completes the sentence "The model and what it writes must not be used to ...".
_RESTRICTIONS = {
    "a": "break a law or a regulation;",
    "b": "harm minors or take advantage of them, or try to;",
    "c": "make or spread malware, or anything else that is meant to damage computers, networks or their data;",
    "d": "make or spread information that can be shown to be false, in order to harm somebody;",
    "e": "make or spread data that identify a person, where this can harm that person;",
    "f": "put text or code that the model wrote before the public without saying, plainly and understandably, that a "
    "machine wrote it;",
    "g": "defame or harass people;",
    "h": "deceive people by posing as a human being;",
    "i": "let a machine alone decide on a person's legal rights or duties without plainly saying so;",
    "j": "discriminate against people, or harm them, for how they behave or for personal traits;",
    "k": "take advantage of what makes a group of people vulnerable, so that they come to harm;",
    "l": "discriminate against people for a characteristic that the law protects;",
    "m": "give medical advice that takes the place of a professional's;",
    "n": "let a machine alone decide in matters of justice, law enforcement, immigration or asylum.",
}

TERMS = {
    licence.id: licence
    for licence in (
        Licence(
            id=OPENRAIL_M,
            title="BigCode OpenRAIL-M v1",
            version="1",
            url="https://huggingface.co/spaces/bigcode/bigcode-model-license-agreement",
            duties=list(_DUTIES),
            restrictions=[Restriction(letter, text) for letter, text in _RESTRICTIONS.items()],
        ),
    )
}
