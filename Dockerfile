# The image of web, worker, beat and migrate: they differ in their command only.

FROM python:3.11-slim-bookworm AS build
RUN python -m venv /venv
COPY requirements/base.txt /requirements.txt
RUN /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r /requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_ENV=production \
    VAR_DIR=/data \
    PORT=8000
RUN useradd --system --uid 10001 --no-create-home --home-dir /app stoa \
    && install --directory --owner=stoa /data
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY config config
COPY tenants tenants
COPY lms lms
COPY realtime realtime
# Collecting needs settings, and settings need secrets: these are gone with this line.
RUN SECRET_KEY=only-while-the-image-is-built-0000 \
    JWT_SECRET_KEY=only-while-the-image-is-built-0000 \
    FIELD_ENCRYPTION_KEYS=only-while-the-image-is-built-0000 \
    DATABASE_URL=postgres://nobody@nowhere/none \
    python manage.py collectstatic --no-input
USER stoa
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/live/\", timeout=2)"]
CMD ["python", "-m", "config.serve"]
