{{ identified_union('web_sessions', accounts=[]) }}
