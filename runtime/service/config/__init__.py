"""The project file plc.toml: read strictly, with the place of every key and value.

| file | what |
|---|---|
| load | the file as a whole: where to begin reading |
| project | what comes out |
| schema | every key that is rung's own, in tables; drivers bring theirs |
| check | a table of the file against its table of keys |
| devices, points, opcua, sources | what needs more than the tables |
| toml_spans | TOML with places |
| durations, text_files, findings | small parts of it all |
| device_addresses | outputs that collide in a device, asked by `service.binding` |
"""

from runtime.service.config.load import FILE_NAME, load_project, read_project
from runtime.service.config.project import ProjectConfig

__all__ = ["FILE_NAME", "ProjectConfig", "load_project", "read_project"]
