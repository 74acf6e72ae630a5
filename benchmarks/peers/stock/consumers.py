import json

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from benchmarks.peers.stock.models import Message


class KeepConsumer(AsyncWebsocketConsumer):
    """Keeps what comes, one insert each, and answers when it is committed."""

    async def connect(self):
        self.room = self.scope["url_route"]["kwargs"]["room"]
        await self.accept()

    async def receive(self, text_data):
        command = json.loads(text_data)
        content = command["payload"]["content"]
        message = await self.keep(content)
        reply = {"id": command["id"], "type": "reply", "payload": {"message_id": message.pk}}
        await self.send(text_data=json.dumps(reply))
        await self.tell_others(content)

    @database_sync_to_async
    def keep(self, content):
        messages = Message.objects  # type: ignore[attr-defined]  # not an app of Stoa's settings
        return messages.create(room=self.room, sender="someone", content=content)

    async def tell_others(self, content):
        """Nobody listens here."""


class ChatConsumer(KeepConsumer):
    """The same, and everyone in the room gets it: what a chat does."""

    async def connect(self):
        await super().connect()
        await self.channel_layer.group_add(self.room, self.channel_name)

    async def disconnect(self, close_code):
        await self.channel_layer.group_discard(self.room, self.channel_name)

    async def tell_others(self, content):
        await self.channel_layer.group_send(self.room, {"type": "chat.message", "content": content})

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"content": event["content"]}))
