using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Hosting.Startup;

/// <summary>A URL under which this process can be reached when no request tells one.</summary>
internal sealed class BaseUrl(IOptions<ScimOptions> options, IServer server)
{
    public string Find()
    {
        if (options.Value.PublicBaseUrl is { Length: > 0 } configured)
        {
            return configured.TrimEnd('/');
        }

        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        return address is null ? "http://127.0.0.1:8080" : Reachable(BindingAddress.Parse(address));
    }

    /// <summary>A listener on every interface is named by the loopback: nobody can paste <c>0.0.0.0</c>.</summary>
    internal static string Reachable(BindingAddress address)
    {
        var host = address.Host is "0.0.0.0" or "[::]" or "*" or "+" ? "127.0.0.1" : address.Host;
        return string.Create(CultureInfo.InvariantCulture, $"{address.Scheme}://{host}:{address.Port}");
    }
}
