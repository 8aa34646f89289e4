# The handler of the shell runtime beside it.
handler() {
  case "$1" in
    *environ*) printf '{"execution": "%s", "handler": "%s", "path": "%s", "cwd": "%s"}' \
      "${AWS_EXECUTION_ENV-absent}" "$_HANDLER" "$PATH" "$PWD" ;;
    *fail*) return 1 ;;
    *exit*) kill -KILL $$ ;;
    *) echo "served" >&2; printf '{"served": %s, "event": %s}' "$served" "$1" ;;
  esac
}
