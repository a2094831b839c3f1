using System.CommandLine;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Api.Cli;

internal static class TenantVerbs
{
    private static readonly string[] Plans = ["trial", "standard", "unlimited"];

    public static Command Create(VerbConsole console)
    {
        var command = new Command("tenant", "Tenants: one customer's directory each.");
        command.Subcommands.Add(CreateVerb(console));
        command.Subcommands.Add(ListVerb(console));
        command.Subcommands.Add(SetVerb(console));
        return command;
    }

    private static Command CreateVerb(VerbConsole console)
    {
        var slug = new Argument<string>("slug") { Description = "Lower-case letters, digits and hyphens." };
        var name = new Option<string?>("--name") { Description = "What people call it; the slug if not given." };
        var plan = new Option<string>("--plan") { DefaultValueFactory = _ => "unlimited" };
        plan.AcceptOnlyFromAmong(Plans);
        var json = VerbConsole.JsonOption();
        var command = new Command("create", "Create a tenant.") { slug, name, plan, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var request = new CreateTenant(
                    parsed.GetRequiredValue(slug),
                    parsed.GetValue(name),
                    Enum.Parse<TenantPlan>(parsed.GetRequiredValue(plan), ignoreCase: true)
                );
                var tenant = await mediator.Send(request, cancellationToken);
                if (parsed.GetValue(json))
                {
                    await console.JsonAsync(Shape(tenant));
                    return;
                }

                await console.LineAsync($"Created tenant {tenant.Slug} ({tenant.Id}).");
                await console.LineAsync($"Next, a client and its token: client create {tenant.Slug}");
            }
        );
        return command;
    }

    private static Command ListVerb(VerbConsole console)
    {
        var json = VerbConsole.JsonOption();
        var command = new Command("list", "List the tenants.") { json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var tenants = new List<Tenant>();
                IReadOnlyList<Tenant> page;
                do
                {
                    var after = tenants.Count == 0 ? "" : tenants[^1].Slug;
                    page = await mediator.Send(new ListTenants(after), cancellationToken);
                    tenants.AddRange(page);
                } while (page.Count > 0);

                if (parsed.GetValue(json))
                {
                    await console.JsonAsync(tenants.Select(Shape));
                    return;
                }

                foreach (var tenant in tenants)
                {
                    var state = $"{Text(tenant.State)}\t{Text(tenant.Plan)}";
                    await console.LineAsync($"{tenant.Slug}\t{tenant.Id}\t{state}\t{tenant.Name}");
                }

                if (tenants.Count == 0)
                {
                    await console.Error.WriteLineAsync("There are no tenants yet: tenant create <slug>");
                }
            }
        );
        return command;
    }

    private static Command SetVerb(VerbConsole console)
    {
        var slug = new Argument<string>("slug");
        var setting = new Argument<string>("setting")
        {
            Description = "Such as groups.uniqueDisplayName or rateLimit.requestsPerSecond.",
        };
        var value = new Argument<string>("value")
        {
            Description = "true, false or a number; null for that of the installation.",
        };
        var json = VerbConsole.JsonOption();
        var command = new Command("set", "Change a setting of a tenant.") { slug, setting, value, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var request = new SetTenantSetting(
                    parsed.GetRequiredValue(slug),
                    parsed.GetRequiredValue(setting),
                    parsed.GetRequiredValue(value)
                );
                var applied = await mediator.Send(request, cancellationToken);
                await (
                    parsed.GetValue(json)
                        ? console.JsonAsync(applied)
                        : console.LineAsync($"{applied.TenantSlug}: {applied.Setting} is now {applied.Value}.")
                );
            }
        );
        return command;
    }

    private static object Shape(Tenant tenant) =>
        new
        {
            tenantId = tenant.Id.Value,
            slug = tenant.Slug,
            name = tenant.Name,
            state = Text(tenant.State),
            plan = Text(tenant.Plan),
            createdAt = tenant.CreatedAt,
        };

    private static string Text<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
