"""The embedded engine's limits: what it may use of a machine that it shares with collector, detections and console.

Left alone, ClickHouse takes 90 % of the memory and caches of five gigabytes. Settings:
https://clickhouse.com/docs/operations/server-configuration-parameters/settings
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

CONFIGURATION = "dayfly-engine.xml"
BACKUPS = "backups"
EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the engine may use. `memory_bytes` bounds queries, merges and caches together.

    The process has some 250 MB besides: the engine's code, Python and what its allocator keeps.
    """

    memory_bytes: int = 700_000_000
    mark_cache_bytes: int = 32 << 20
    # A merge opens every column of its parts: two at once are enough for two cores, and never starve.
    merges: int = 2


def write_configuration(folder: Path, limits: Limits) -> Path:
    """Write the engine's configuration into its folder and return its path."""
    path = folder / CONFIGURATION
    path.write_text(_configuration(folder, limits), "utf-8")
    return path


def _configuration(folder: Path, limits: Limits) -> str:
    home = escape(str(folder.resolve()))
    return f"""<clickhouse>
  <max_server_memory_usage>{limits.memory_bytes}</max_server_memory_usage>
  <mark_cache_size>{limits.mark_cache_bytes}</mark_cache_size>
  <index_mark_cache_size>{limits.mark_cache_bytes}</index_mark_cache_size>
  <primary_index_cache_size>{limits.mark_cache_bytes}</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <mmap_cache_size>64</mmap_cache_size>
  <query_condition_cache_size>{limits.mark_cache_bytes // 4}</query_condition_cache_size>
  <compiled_expression_cache_size>{limits.mark_cache_bytes // 4}</compiled_expression_cache_size>
  <background_pool_size>{limits.merges}</background_pool_size>
  <background_merges_mutations_concurrency_ratio>1</background_merges_mutations_concurrency_ratio>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <merge_tree>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
  <backups>
    <allowed_path>{home}/{BACKUPS}/</allowed_path>
  </backups>
  <user_files_path>{home}/{EXPORTS}/</user_files_path>
</clickhouse>
"""
