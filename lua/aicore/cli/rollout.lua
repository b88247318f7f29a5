-- aicorectl rollout
return require("aicore.cli.reconfigure").command(
  "Give a deployment another configuration, and wait until it runs with that.",
  { "--rollback", "If it does not run with that, go back to the one before." },
  true
)
