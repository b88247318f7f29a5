-- aicorectl update
return require("aicore.cli.reconfigure").command(
  "Give a deployment another configuration.",
  { "--wait", "Wait until it runs with that, as rollout does." },
  false
)
