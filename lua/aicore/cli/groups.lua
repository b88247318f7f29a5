-- aicorectl groups: the resource groups of the tenant.
return require("aicore.cli.tables").command {
  summary = "List the resource groups of the tenant.",
  noun = "resource groups",
  heading = { "GROUP", "STATUS" },
  keys = { { "group", "resourceGroupId" }, { "status", "status" } },
  find = function(client, given)
    return client:resource_groups { timeout = given.timeout }
  end,
  rows = function(group)
    return { { group.resourceGroupId, tostring(group.status or "-") } }
  end,
}
