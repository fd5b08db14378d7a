"""Documents behind the login of a Django site: uvicorn host_django:app

collab is served at /collab, beside Django, and asks the site two things: who is it, from Django's
own session, and what may they do on a document: who is in the group `notes-editor` is an editor of
the document `notes`. A site of several files has the settings, the views and `asgi.py` in their
places; what collab needs is the part from `authenticate` on.

    python host_django.py migrate
    python host_django.py createsuperuser
"""

import os
import sys
from typing import Any

import django
from asgiref.sync import async_to_sync
from django.conf import settings

import collab

if not settings.configured:
    settings.configure(
        SECRET_KEY=os.environ.get("SECRET_KEY", "only for trying out"),
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite3"}},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.locmem.Loader",
                            {
                                "registration/login.html": "<form method=post>{% csrf_token %}"
                                "{{ form }}<button>Sign in</button></form>"
                            },
                        )
                    ]
                },
            }
        ],
        LOGIN_REDIRECT_URL="/collab/",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()

from django.contrib.auth import aget_user
from django.contrib.auth.decorators import user_passes_test
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import LoginView, LogoutView
from django.contrib.sessions.backends.db import SessionStore
from django.core.asgi import get_asgi_application
from django.core.management import execute_from_command_line
from django.db import transaction
from django.db.models.signals import m2m_changed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_POST

ROLES: tuple[collab.Role, ...] = ("owner", "editor", "viewer")


async def authenticate(connection: Any) -> collab.User | None:
    """Who has sent a request or opens a WebSocket: Django's user of Django's session."""
    request = HttpRequest()
    request.session = SessionStore(connection.cookies.get(settings.SESSION_COOKIE_NAME))
    user = await aget_user(request)
    return collab.User(str(user.pk), name=user.get_username()) if user.is_authenticated else None


async def authorize(user: collab.User, doc_id: str) -> collab.Role | None:
    names = {f"{doc_id}-{role}": role for role in ROLES}
    groups = Group.objects.filter(user__pk=user.user_id, name__in=names)
    has = {names[group.name] async for group in groups}
    return next((role for role in ROLES if role in has), None)


documents = collab.create_app(
    collab.Settings(database="sqlite:///notes.db", login_url="/login"),
    authenticate=authenticate,
    authorize=authorize,
)


def on_members_changed(instance: User | Group, action: str, **more: Any) -> None:
    """Who has another role now reconnects with it; who has none is put out."""
    if not action.startswith("post_"):
        return
    if isinstance(instance, Group):
        doc_id = instance.name.rpartition("-")[0]
        transaction.on_commit(lambda: async_to_sync(documents.reauthorize)(doc_id))
    else:
        transaction.on_commit(lambda: async_to_sync(documents.reauthorize_user)(str(instance.pk)))


m2m_changed.connect(on_members_changed, sender=User.groups.through)


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user_id = request.user.pk
        response = super().post(request, *args, **kwargs)
        # Their editors reconnect, and those of this session are refused.
        async_to_sync(documents.reauthorize_user)(str(user_id))
        return response


@require_POST
@user_passes_test(lambda user: user.is_superuser)
def set_member(request: HttpRequest, doc_id: str, username: str) -> HttpResponse:
    """Put a user into the group of the role that is posted, and out of the others."""
    member = get_object_or_404(User, username=username)
    role = request.POST.get("role", "")
    # First the new one: nobody is to be put out in between.
    for each in sorted(ROLES, key=lambda each: each != role):
        group, _ = Group.objects.get_or_create(name=f"{doc_id}-{each}")
        if each == role:
            group.user_set.add(member)
        else:
            group.user_set.remove(member)
    return HttpResponse(status=204)


urlpatterns = [
    path("login", LoginView.as_view()),
    path("logout", SignOut.as_view(next_page="/login")),
    path("documents/<doc_id>/members/<username>", set_member),
]
django_app = get_asgi_application()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Below /collab is collab, which also opens and closes with the server; all else is Django."""
    mount = scope.get("root_path", "") + "/collab"
    if scope["type"] == "lifespan":
        await documents(scope, receive, send)
    elif scope["path"] == mount or scope["path"].startswith(f"{mount}/"):
        await documents({**scope, "root_path": mount}, receive, send)
    elif scope["type"] == "http":
        await django_app(scope, receive, send)
    else:
        await send({"type": "websocket.close"})


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
