from videobar.room.system.configuration import Configuration, Variable
from videobar.room.system.logs import Bundle, Logs, settings_page, status_page
from videobar.room.system.service import StatusRow
from videobar.vocabulary import SubsystemState


class Files:
    async def bundle(self, documents):
        self.documents = documents
        return Bundle(0, None)


async def test_one_document_that_fails_does_not_take_the_others_along():
    async def calls():
        return b"calls"

    def broken():
        raise RuntimeError("the disk")

    files = Files()
    await Logs(files, {"a": lambda: b"A", "calls": calls, "b": broken}).collect()
    assert files.documents == {
        "a": b"A",
        "calls": b"calls",
        "b": b"could not be had: RuntimeError: the disk\n",
    }


def test_the_pages():
    configuration = Configuration(
        [Variable("b", "", lambda: 5), Variable("a", "", lambda: "sesame", secure=True)]
    )
    assert settings_page(configuration) == b"a = (secret)\nb = 5\n"
    assert status_page([StatusRow("n", "h", (SubsystemState.UP,))]) == b"n up\n"
