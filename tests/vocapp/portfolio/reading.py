"""Pages as people read them."""

from html import unescape


def text_of(client, path="/"):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())
