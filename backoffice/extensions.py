"""Flask extensions without an application."""

from typing import Any

from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

babel = Babel()
csrf = CSRFProtect()
login = LoginManager()
migrate = Migrate()


@migrate.configure
def _names(config: Any) -> Any:
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
