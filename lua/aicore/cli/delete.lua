-- aicorectl delete
return require("aicore.cli.change").command("delete", "deleted", "Delete deployments that have stopped.")
