-- aicorectl stop
return require("aicore.cli.change").command("stop", "stopped", "Stop deployments.")
