using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Jobs;

namespace Scim.Integration.Tests.Jobs;

/// <summary>A job type of the tests' own, that a real runner runs.</summary>
internal sealed record ScriptedJob(Job Job) : ICommand<string?>
{
    public const string Type = "test.scripted";

    public static void AddTo(WebApplicationBuilder builder, Func<Job, CancellationToken, Task<string?>> script)
    {
        builder.Services.AddSingleton(new JobType(Type, job => new ScriptedJob(job)));
        builder.Services.AddSingleton(script);
        builder.Services.AddScoped<IRequestHandler<ScriptedJob, string?>, ScriptedJobHandler>();
    }
}

internal sealed class ScriptedJobHandler(Func<Job, CancellationToken, Task<string?>> script)
    : IRequestHandler<ScriptedJob, string?>
{
    public Task<string?> Handle(ScriptedJob request, CancellationToken cancellationToken) =>
        script(request.Job, cancellationToken);
}
