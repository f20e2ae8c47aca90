"""What Django's admin needs to show the table of projects; read by `lists` only, after Django was set up."""

from django.contrib import admin
from django.db import models
from django.urls import path


class Project(models.Model):
    """The columns that the other lists show, too."""

    code = models.CharField(max_length=60)
    title = models.TextField()
    organisation = models.TextField()
    status = models.CharField(max_length=40, choices=[(word, word) for word in ("open", "returned", "approved")])
    end_date = models.DateField(null=True)
    grant_state = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    sort_key = models.CharField(max_length=600)

    class Meta:
        app_label, db_table, managed, ordering = "auth", "project", False, ("sort_key", "id")


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "code", "title", "organisation", "status", "end_date", "grant_state", "created_at")
    search_fields = ("code", "title", "organisation")
    list_filter = ("status",)
    list_per_page = 25


urlpatterns = [path("admin/", admin.site.urls)]
